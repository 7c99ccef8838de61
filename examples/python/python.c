#include "python.h"

#include <signal.h>
#include <stdatomic.h>

/* Debian's Python. One that is looked for on the PATH may come with another standard library. */
#define EXECUTABLE "/usr/bin/python3.11"

/* KICK is the signal that interrupts a system call. Go's own handlers do not: they have it restarted. */
#define KICK SIGRTMAX

static atomic_bool interrupt;

/* PyErr_SetInterrupt does not reach a busy main thread from another one. */
static void kicked(int signal) {
	(void)signal;
	if (atomic_exchange(&interrupt, 0))
		PyErr_SetInterrupt();
}

void py_kick(pthread_t thread, int first) {
	if (first)
		atomic_store(&interrupt, 1);
	pthread_kill(thread, KICK);
}

/* Python has handlers for SIGINT, of which asyncio sets its own, and runs them when it is kicked. The signal
 * itself stays with Go. */
static struct sigaction gos_sigint;

static PyObject *give_back(PyObject *self, PyObject *args) {
	(void)self, (void)args;
	sigaction(SIGINT, &gos_sigint, NULL);
	Py_RETURN_NONE;
}

static PyMethodDef give_back_method = {"give_back", give_back, METH_NOARGS, NULL};

static const char handlers[] =
    "import functools, signal\n"
    "def wrapped(set_handler, give_back):\n"
    "    @functools.wraps(set_handler)\n"
    "    def signal(signalnum, handler):\n"
    "        try:\n"
    "            return set_handler(signalnum, handler)\n"
    "        finally:\n"
    "            give_back()\n"
    "    return signal\n"
    "signal.signal = wrapped(signal.signal, give_back)\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n";

static int handle_interrupts(void) {
	struct sigaction kick = {.sa_handler = kicked, .sa_flags = SA_ONSTACK};
	sigaction(KICK, &kick, NULL);
	sigaction(SIGINT, NULL, &gos_sigint);
	PyObject *function = PyCFunction_New(&give_back_method, NULL);
	PyObject *globals = Py_BuildValue("{sNsO}", "give_back", function, "__builtins__", PyEval_GetBuiltins());
	PyObject *done = globals ? PyRun_String(handlers, Py_file_input, globals, globals) : NULL;
	int failed = done == NULL;
	PyErr_Clear();
	Py_XDECREF(globals);
	Py_XDECREF(done);
	return failed;
}

PyThreadState *py_start(int argc, char **argv, const char **why) {
	PyConfig config;
	PyConfig_InitPythonConfig(&config);
	config.install_signal_handlers = 0;
	config.parse_argv = 0;
	PyStatus status = PyConfig_SetBytesString(&config, &config.executable, EXECUTABLE);
	if (!PyStatus_Exception(status))
		status = PyConfig_SetBytesArgv(&config, argc, argv);
	if (!PyStatus_Exception(status))
		status = Py_InitializeFromConfig(&config);
	PyConfig_Clear(&config);
	if (PyStatus_Exception(status)) {
		*why = status.err_msg ? status.err_msg : "it exits";
		return NULL;
	}
	if (handle_interrupts() != 0) {
		*why = "the module signal does not work";
		Py_FinalizeEx();
		return NULL;
	}
	return PyEval_SaveThread();
}

int py_finish(void) {
	int result = Py_FinalizeEx();
	sigaction(SIGINT, &gos_sigint, NULL); /* Python resets the signals that it has handlers for */
	return result;
}

/* leave gives up a thread state for good, and the lock with it. */
static void leave(PyThreadState *state) {
	PyThreadState_Clear(state);
	PyThreadState_DeleteCurrent();
}

PyThreadState *py_sub(PyInterpreterState *main) {
	PyThreadState *guest = PyThreadState_New(main); /* the lock is taken with a thread state only */
	PyEval_RestoreThread(guest);
	PyThreadState *sub = Py_NewInterpreter();
	PyThreadState_Swap(guest);
	leave(guest);
	return sub;
}

int py_end_sub(PyInterpreterState *main) {
	PyThreadState *sub = PyThreadState_Get();
	PyObject *name = PyUnicode_FromString("threading");
	PyObject *threading = name ? PyImport_GetModule(name) : NULL;
	PyObject *joined = threading ? PyObject_CallMethod(threading, "_shutdown", NULL) : NULL;
	Py_XDECREF(name);
	Py_XDECREF(threading);
	Py_XDECREF(joined);
	PyErr_Clear();
	/* Py_EndInterpreter would end the process. */
	if (PyThreadState_Next(PyInterpreterState_ThreadHead(sub->interp)) != NULL) {
		PyEval_SaveThread();
		return -1;
	}
	Py_EndInterpreter(sub);
	PyThreadState *guest = PyThreadState_New(main); /* the lock is still held, and is given back with a thread state only */
	PyThreadState_Swap(guest);
	leave(guest);
	return 0;
}

void py_interrupt(PyInterpreterState *interpreter, unsigned long thread) {
	PyThreadState *guest = PyThreadState_New(interpreter);
	PyEval_RestoreThread(guest);
	PyThreadState_SetAsyncExc(thread, PyExc_KeyboardInterrupt);
	leave(guest);
}

void py_calm(void) {
	atomic_store(&interrupt, 0);
	PyThreadState_SetAsyncExc(PyThread_get_thread_ident(), NULL);
	PyErr_CheckSignals();
	PyErr_Clear();
}

PyObject *py_fetch(void) {
	PyObject *type, *value, *traceback;
	PyErr_Fetch(&type, &value, &traceback);
	PyErr_NormalizeException(&type, &value, &traceback);
	if (traceback != NULL)
		PyException_SetTraceback(value, traceback);
	Py_XDECREF(type);
	Py_XDECREF(traceback);
	return value;
}

PyObject *py_traceback(PyObject *exception) {
	PyObject *module = PyImport_ImportModule("traceback");
	PyObject *lines = module ? PyObject_CallMethod(module, "format_exception", "O", exception) : NULL;
	Py_XDECREF(module);
	return lines;
}

const char *py_type(PyObject *o) { return Py_TYPE(o)->tp_name; }

int py_kind(PyObject *o) {
	if (o == Py_None)
		return PY_NONE;
	if (PyBool_Check(o))
		return PY_BOOL;
	if (PyLong_Check(o))
		return PY_INT;
	if (PyFloat_Check(o))
		return PY_FLOAT;
	if (PyUnicode_Check(o))
		return PY_STR;
	if (PyBytes_Check(o))
		return PY_BYTES;
	if (PyList_Check(o))
		return PY_LIST;
	if (PyTuple_Check(o))
		return PY_TUPLE;
	if (PyDict_Check(o))
		return PY_DICT;
	return PY_OTHER;
}

PyObject *py_none(void) { Py_RETURN_NONE; }
