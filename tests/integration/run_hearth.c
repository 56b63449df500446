/* run_hearth.c: a child process whose output goes to memory files, so that no pipe can fill up. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run_hearth.h"

#define ARGUMENTS_MOST 40

extern char **environ;

const char *run_hearth_path(void)
{
	static char path[512];
	const char *bin = getenv("HEARTH_BIN");
	snprintf(path, sizeof path, "%s/hearth", bin != NULL ? bin : "build/bin");
	return path;
}

static int memory_file(const char *text)
{
	int fd = memfd_create("run", MFD_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	if (text != NULL) {
		ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
		lseek(fd, 0, SEEK_SET);
	}
	return fd;
}

static char *slurp(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)size + 1);
	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(pread(fd, text, (size_t)size, 0), size);
	close(fd);
	return text;
}

/* In the child. */
static void forget_hearth(void)
{
	for (char **entry = environ; *entry != NULL;) {
		char name[128];
		size_t size = strcspn(*entry, "=");
		if (strncmp(*entry, "HEARTH_", 7) != 0 || size >= sizeof name) {
			entry++;
			continue;
		}
		memcpy(name, *entry, size);
		name[size] = '\0';
		unsetenv(name);
		entry = environ;
	}
}

struct running run_start(const char *const *argv, const char *input)
{
	struct running running = {.out = memory_file(NULL), .err = memory_file(NULL)};
	int in = memory_file(input != NULL ? input : "");
	running.pid = fork();
	ck_assert_int_ge(running.pid, 0);
	if (running.pid == 0) {
		forget_hearth();
		dup2(in, 0);
		dup2(running.out, 1);
		dup2(running.err, 2);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(in);
	return running;
}

struct outcome run_wait(const struct running *running)
{
	int state = 0;
	ck_assert_int_eq(waitpid(running->pid, &state, 0), running->pid);
	return (struct outcome){.code = WIFEXITED(state) ? WEXITSTATUS(state) : -1, .out = slurp(running->out),
	                        .err = slurp(running->err)};
}

struct outcome run_program(const char *const *argv, const char *input)
{
	struct running running = run_start(argv, input);
	return run_wait(&running);
}

struct outcome run_hearth(const char *argument, ...)
{
	const char *argv[ARGUMENTS_MOST + 2] = {run_hearth_path()};
	size_t count = 1;
	va_list more;
	va_start(more, argument);
	for (; argument != NULL && count <= ARGUMENTS_MOST; argument = va_arg(more, const char *))
		argv[count++] = argument;
	va_end(more);
	return run_program(argv, NULL);
}

void outcome_done(struct outcome *outcome)
{
	free(outcome->out);
	free(outcome->err);
	*outcome = (struct outcome){0};
}
