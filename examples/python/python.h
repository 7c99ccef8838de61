/* What of Python's C interface takes more than a call from Go: macros, and steps that belong on one thread. */
#ifndef PYTHON_H
#define PYTHON_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>

/* py_start starts Python; the main interpreter belongs to the calling thread from now on. The lock is not
 * held on return. NULL: *why says what is wrong. */
PyThreadState *py_start(int argc, char **argv, const char **why);

/* py_finish is the end of the main interpreter, whose thread state is current, and of Python. It returns -1
 * if output has been lost. */
int py_finish(void);

/* py_sub makes another interpreter, which belongs to the calling thread. The lock is not held before and after. */
PyThreadState *py_sub(PyInterpreterState *main);

/* py_end_sub ends the interpreter whose thread state is current. It returns -1, and the interpreter stays, while
 * it has threads that do not end. The lock is not held on return. */
int py_end_sub(PyInterpreterState *main);

/* py_interrupt raises KeyboardInterrupt on the given thread of a sub-interpreter as soon as that runs Python
 * code. Any thread, without the lock. */
void py_interrupt(PyInterpreterState *interpreter, unsigned long thread);

/* py_kick ends the system call that the main interpreter's thread is in with EINTR. The first time it does
 * there what Ctrl-C is to do. */
void py_kick(pthread_t thread, int first);

/* py_calm takes back an interruption that has not been noticed. */
void py_calm(void);

/* py_fetch clears the exception that is set and returns it, complete. */
PyObject *py_fetch(void);

/* py_traceback returns a list of strings, or NULL. */
PyObject *py_traceback(PyObject *exception);

/* py_type returns the name of o's type. */
const char *py_type(PyObject *o);

enum { PY_OTHER, PY_NONE, PY_BOOL, PY_INT, PY_FLOAT, PY_STR, PY_BYTES, PY_LIST, PY_TUPLE, PY_DICT };

/* py_kind returns which of the convertible types o has. */
int py_kind(PyObject *o);

PyObject *py_none(void);

#endif
