/* spawn.c: child processes that never outlive us. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"

extern char **environ;

/* What the caller set for the test (HEARTH_BIN, HEARTH_DATABASE_URL) is no setting of the processes. */
static void forget_settings(void)
{
	for (size_t i = 0; environ[i] != NULL;) {
		char name[128];
		size_t length = strcspn(environ[i], "=");
		if (strncmp(environ[i], "HEARTH_", 7) != 0 || length >= sizeof name) {
			i++;
			continue;
		}
		memcpy(name, environ[i], length);
		name[length] = '\0';
		unsetenv(name);
	}
}

static void become(const char *const *argv, const char *log, int out, pid_t parent)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(127);
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int errors = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (in < 0 || errors < 0 || dup2(in, 0) < 0 || dup2(out >= 0 ? out : errors, 1) < 0 || dup2(errors, 2) < 0)
		_exit(127);
	closefrom(3);
	forget_settings();
	/* execv takes char *const * for history's sake; it changes nothing. */
	execv(argv[0], (char *const *)(uintptr_t)argv);
	dprintf(2, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

pid_t spawn_program(const char *const *argv, const char *log, int out)
{
	pid_t parent = getpid(), child = fork();
	if (child == 0)
		become(argv, log, out, parent);
	if (child < 0)
		fprintf(stderr, "cannot fork for %s: %s\n", argv[0], strerror(errno));
	return child;
}

int spawn_wait(pid_t pid, int timeout_ms, int *ret_state)
{
	int state = 0;
	/* A pidfd tells the end of processes that are not our children, too. */
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd >= 0) {
		struct pollfd poll_for = { .fd = fd, .events = POLLIN };
		int ready = poll(&poll_for, 1, timeout_ms);
		close(fd);
		if (ready != 1)
			return -1;
	}
	if (waitpid(pid, &state, WNOHANG) != pid)
		state = 0;
	if (ret_state != NULL)
		*ret_state = state;
	return 0;
}

void spawn_print_tail(const char *log, const char *title)
{
	char text[4097];
	FILE *file = fopen(log, "re");
	if (file == NULL)
		return;
	if (fseek(file, -(long)(sizeof text - 1), SEEK_END) != 0)
		rewind(file);
	size_t size = fread(text, 1, sizeof text - 1, file);
	text[size] = '\0';
	fclose(file);
	fprintf(stderr, "-- %s: the end of its log\n%s\n", title, text);
}
