/* A small C library of the kind that insists on one thread. A meter is opened on a thread and may be used
 * there only; what went wrong last is kept for each thread. */
#ifndef METER_H
#define METER_H

#include <stdint.h>

typedef struct meter meter;

/* meter_open returns NULL when there is no memory. */
meter *meter_open(void);

/* meter_add returns 0, or -1 on another thread than meter_open's, and for a negative amount. */
int meter_add(meter *m, int amount);

/* meter_total returns what has been added, or -1 on another thread. */
int meter_total(meter *m);

/* meter_each calls back visit(handle, i) for i from 0 to n-1. */
void meter_each(int n, uintptr_t handle);

/* meter_last_error returns what went wrong last on this thread; it is for the library's user to ask. */
const char *meter_last_error(void);

void meter_close(meter *m);

#endif
