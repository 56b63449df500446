/* pg_place.c: where a private PostgreSQL lives and as whom it runs.
 *
 * The server refuses to be root, so that root's runs as user postgres, who may be unable to reach the checkout (a 0700
 * home): then it lives in a 0700 directory under /var/tmp named after the checkout's directory, whose owner is checked.
 * A note in the directory asked for says where, so that a later start or stop finds the same data.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pg_place.h"

#define NOTE "postgres-is-at"
#define HOME_MOST 800          /* PostgreSQL's own bound of a path is 1,024 */

static int complain(const char *what, const char *path)
{
	fprintf(stderr, "private PostgreSQL: %s: %s\n", what, path);
	return -1;
}

static int complain_errno(const char *what, const char *path)
{
	fprintf(stderr, "private PostgreSQL: cannot %s %s: %s\n", what, path, strerror(errno));
	return -1;
}

static int make_directories(const char *path)
{
	char part[PATH_MAX];
	if (strlen(path) >= sizeof part)
		return complain("path too long", path);
	for (size_t i = 1;; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return complain_errno("make", part);
		if (path[i] == '\0')
			return 0;
	}
}

static int find_user(struct pg_place *place)
{
	const struct passwd *entry = geteuid() == 0 ? getpwnam("postgres") : getpwuid(geteuid());
	if (entry == NULL)
		return complain("no such user (is postgresql installed?)", geteuid() == 0 ? "postgres" : "me");
	place->uid = entry->pw_uid;
	place->gid = entry->pw_gid;
	snprintf(place->user, sizeof place->user, "%s", entry->pw_name);
	return 0;
}

static bool has_postgres(const char *bindir)
{
	char path[600];
	snprintf(path, sizeof path, "%s/postgres", bindir);
	return access(path, X_OK) == 0;
}

/* The newest of Debian's versions: they are not on PATH. */
static void find_newest(char *ret_bindir, size_t size)
{
	DIR *versions = opendir("/usr/lib/postgresql");
	if (versions == NULL)
		return;
	long newest = 0;
	for (const struct dirent *entry = readdir(versions); entry != NULL; entry = readdir(versions)) {
		char path[512];
		long version = strtol(entry->d_name, NULL, 10);
		int length = snprintf(path, sizeof path, "/usr/lib/postgresql/%s/bin", entry->d_name);
		if (version <= newest || length >= (int)sizeof path || !has_postgres(path))
			continue;
		newest = version;
		snprintf(ret_bindir, size, "%s", path);
	}
	closedir(versions);
}

static int find_bindir(struct pg_place *place)
{
	place->bindir[0] = '\0';
	FILE *pipe = popen("pg_config --bindir 2>/dev/null", "r");
	if (pipe != NULL) {
		if (fgets(place->bindir, sizeof place->bindir, pipe) != NULL)
			place->bindir[strcspn(place->bindir, "\n")] = '\0';
		pclose(pipe);
	}
	if (!has_postgres(place->bindir))
		find_newest(place->bindir, sizeof place->bindir);
	if (!has_postgres(place->bindir))
		return complain("its programs were not found", "pg_config --bindir, /usr/lib/postgresql/*/bin");
	return 0;
}

void pg_place_become(const struct pg_place *place)
{
	if (geteuid() == 0 &&
	    (initgroups(place->user, place->gid) != 0 || setgid(place->gid) != 0 || setuid(place->uid) != 0))
		_exit(127);
	if (chdir("/") != 0)
		_exit(127);
}

static int wait_for(pid_t child)
{
	int state = 0;
	while (waitpid(child, &state, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

int pg_place_run(const struct pg_place *place, const char *log, const char *const *argv)
{
	pid_t child = fork();
	if (child < 0)
		return complain_errno("fork for", argv[0]);
	if (child == 0) {
		pg_place_become(place);
		int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (out < 0 || in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
			_exit(127);
		/* execv takes char *const * for history's sake; it changes nothing. */
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return wait_for(child);
}

/* Can the server's user write there? Asked by being them. */
static bool reachable(const struct pg_place *place, const char *path)
{
	pid_t child = fork();
	if (child == 0) {
		pg_place_become(place);
		_exit(chdir(path) == 0 && access(path, W_OK | X_OK) == 0 ? 0 : 1);
	}
	return child > 0 && wait_for(child) == 0;
}

/* A directory of the server alone; an existing one must already be. */
static int own_directory(const struct pg_place *place, const char *path)
{
	struct stat found;
	if (mkdir(path, 0700) == 0 && geteuid() == 0 && chown(path, place->uid, place->gid) != 0)
		return complain_errno("hand over", path);
	if (lstat(path, &found) != 0)
		return complain_errno("make", path);
	if (!S_ISDIR(found.st_mode) || found.st_uid != place->uid || (found.st_mode & 077) != 0)
		return complain("not a private directory of the server's user", path);
	return 0;
}

static uint64_t hash_text(const char *text)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return hash;
}

static int choose_home(struct pg_place *place)
{
	char near[PATH_MAX];
	int length = snprintf(near, sizeof near, "%s/postgres", place->dir);
	if (length < HOME_MOST && own_directory(place, near) == 0 && reachable(place, near)) {
		snprintf(place->home, sizeof place->home, "%s", near);
		return 0;
	}
	if (length < (int)sizeof near)
		(void)rmdir(near);
	snprintf(place->home, sizeof place->home, "/var/tmp/hearth-pg-%u-%016llx", (unsigned)place->uid,
	         (unsigned long long)hash_text(place->dir));
	return own_directory(place, place->home);
}

static bool plain(const char *path)
{
	return path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-")] == '\0';
}

/* Short and without characters that unix_socket_directories would need quoted. */
static int choose_socket(struct pg_place *place)
{
	if (strlen(place->home) + 3 < sizeof place->socket && plain(place->home)) {
		size_t length = strlen(place->home);
		memcpy(place->socket, place->home, length);
		memcpy(place->socket + length, "/s", 3);
		return own_directory(place, place->socket);
	}
	snprintf(place->socket, sizeof place->socket, "/tmp/hearth-s-%u-%016llx", (unsigned)place->uid,
	         (unsigned long long)hash_text(place->dir));
	return own_directory(place, place->socket);
}

static int write_note(const struct pg_place *place)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof path, "%s/" NOTE, place->dir);
	if (length >= (int)sizeof path)
		return complain("path too long", place->dir);
	FILE *note = fopen(path, "we");
	if (note == NULL)
		return complain_errno("write", path);
	fprintf(note, "%s\n%s\n", place->home, place->socket);
	return fclose(note) == 0 ? 0 : complain_errno("write", path);
}

static bool read_line(FILE *note, char *ret_text, size_t size)
{
	if (fgets(ret_text, (int)size, note) == NULL)
		return false;
	ret_text[strcspn(ret_text, "\n")] = '\0';
	return ret_text[0] == '/';
}

int pg_place_read(const char *dir, struct pg_place *ret_place)
{
	char path[PATH_MAX];
	struct pg_place place = { 0 };
	if (realpath(dir, place.dir) == NULL)
		return -1;
	int length = snprintf(path, sizeof path, "%s/" NOTE, place.dir);
	FILE *note = length < (int)sizeof path ? fopen(path, "re") : NULL;
	if (note == NULL)
		return -1;
	bool whole = read_line(note, place.home, sizeof place.home) && read_line(note, place.socket, sizeof place.socket);
	fclose(note);
	if (!whole || find_user(&place) != 0 || find_bindir(&place) != 0)
		return -1;
	*ret_place = place;
	return 0;
}

int pg_place_make(const char *dir, struct pg_place *ret_place)
{
	struct pg_place place = { 0 };
	if (make_directories(dir) != 0)
		return -1;
	if (realpath(dir, place.dir) == NULL)
		return complain_errno("find", dir);
	if (find_user(&place) != 0 || find_bindir(&place) != 0 || choose_home(&place) != 0 || choose_socket(&place) != 0 ||
	    write_note(&place) != 0)
		return -1;
	*ret_place = place;
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	(void)remove(path);
	return 0;
}

void pg_place_remove(struct pg_place *place)
{
	nftw(place->home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	nftw(place->socket, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	nftw(place->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
