/* disk.c: a small file system for PostgreSQL that can be filled: a tmpfs in a mount namespace of our own, so that it goes
 * with the process. Root alone may make one. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "fault.h"

#define SWITCHES_MOST 8

struct fault_disk {
	char mount[PATH_MAX], pg[PATH_MAX + 8], filler[PATH_MAX + 8];
};

static const char *prepare(struct fault_disk *disk, int megabytes)
{
	static char why[160];
	char options[64];
	const char *parent = getenv("HEARTH_TEST_DIR");
	snprintf(disk->mount, sizeof disk->mount, "%s/disk-%ld", parent != NULL ? parent : "/tmp", (long)getpid());
	snprintf(disk->pg, sizeof disk->pg, "%s/pg", disk->mount);
	snprintf(disk->filler, sizeof disk->filler, "%s/filler", disk->mount);
	snprintf(options, sizeof options, "size=%dm,mode=0755", megabytes);
	if (geteuid() != 0)
		return "only root may mount a file system";
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mkdir(disk->mount, 0755) != 0 || mount("tmpfs", disk->mount, "tmpfs", 0, options) != 0) {
		snprintf(why, sizeof why, "no file system can be mounted here: %s", strerror(errno));
		return why;
	}
	return NULL;
}

struct fault_disk *fault_disk_new(int megabytes, const char **ret_why)
{
	struct fault_disk *disk = calloc(1, sizeof *disk);
	if (disk == NULL)
		abort();
	*ret_why = prepare(disk, megabytes);
	if (*ret_why == NULL)
		return disk;
	rmdir(disk->mount);
	free(disk);
	return NULL;
}

const char *fault_disk_directory(const struct fault_disk *disk)
{
	return disk->pg;
}

/* Down to the last page. */
int fault_disk_fill(struct fault_disk *disk)
{
	static const off_t steps[] = { 16 << 20, 1 << 20, 64 << 10, 4 << 10 };
	off_t size = 0;
	int fd = open(disk->filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	for (size_t i = 0; fd >= 0 && i < sizeof steps / sizeof steps[0]; i++)
		while (fallocate(fd, 0, size, steps[i]) == 0)
			size += steps[i];
	bool full = fd >= 0 && errno == ENOSPC && size > 0;
	if (!full)
		fprintf(stderr, "fault: the disk cannot be filled: %s\n", strerror(errno));
	if (fd >= 0)
		close(fd);
	return full ? 0 : -1;
}

int fault_disk_free(struct fault_disk *disk)
{
	return unlink(disk->filler);
}

void fault_disk_press(const char *admin_url)
{
	PGconn *db = PQconnectdb(admin_url);
	for (int i = 0; i < SWITCHES_MOST && PQstatus(db) == CONNECTION_OK; i++) {
		/* A record, so that there is something to switch from. */
		PQclear(PQexec(db, "SELECT pg_logical_emit_message(false, 'fault', 'pressed')"));
		PQclear(PQexec(db, "SELECT pg_switch_wal()"));
	}
	PQfinish(db);
}

void fault_disk_done(struct fault_disk **disk)
{
	if (*disk == NULL)
		return;
	umount2((*disk)->mount, MNT_DETACH);
	rmdir((*disk)->mount);
	free(*disk);
	*disk = NULL;
}
