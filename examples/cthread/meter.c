#include "meter.h"

#include <pthread.h>
#include <stdlib.h>

#include "_cgo_export.h"

struct meter {
	pthread_t owner;
	int total;
};

static __thread const char *last_error = "";

static int fail(const char *why) {
	last_error = why;
	return -1;
}

meter *meter_open(void) {
	meter *m = calloc(1, sizeof *m);
	if (m == NULL) {
		fail("out of memory");
		return NULL;
	}
	m->owner = pthread_self();
	last_error = "";
	return m;
}

int meter_add(meter *m, int amount) {
	if (!pthread_equal(m->owner, pthread_self()))
		return fail("used on another thread");
	if (amount < 0)
		return fail("negative amount");
	m->total += amount;
	last_error = "";
	return 0;
}

int meter_total(meter *m) {
	if (!pthread_equal(m->owner, pthread_self()))
		return fail("used on another thread");
	return m->total;
}

void meter_each(int n, uintptr_t handle) {
	for (int i = 0; i < n; i++)
		visit(handle, i);
}

const char *meter_last_error(void) { return last_error; }

void meter_close(meter *m) { free(m); }
