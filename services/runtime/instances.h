/* instances.h: where the processes of a service are: addresses, and the files of an ipc directory.
 *
 * An instance on this machine has three files, DIR/<service>-<uuid>.sock, .lock and .hint. Its process holds a flock on
 * the .lock from before the bind until it ends; whoever gets that flock knows that the process is dead and removes the
 * files. (A second bind on a live path succeeds and orphans the first; a dead socket file swallows sends.)
 */
#ifndef HEARTH_INSTANCES_H
#define HEARTH_INSTANCES_H

#include <stdbool.h>
#include <stddef.h>
#include <hearth/status.h>
#include <hearth/text.h>

#define HEARTH_ADDRESSES_MOST 16
#define HEARTH_SOCKET_PATH_MOST 107      /* sun_path without its NUL */
#define HEARTH_ENDPOINT_SIZE 280

struct hearth_address {
	bool ipc, dns;           /* neither: tcp */
	char text[256];          /* ipc: the directory; tcp: "tcp://host:port"; dns: the name */
	char port[6];            /* dns */
};

/* "ipc://DIR", "tcp://host:port", "dns://name:port" (every address of the name) and lists of them with commas, where a
 * part without a scheme takes that of the one before it; an IPv6 address stands in brackets. With `listening` a port may
 * be * (the system chooses) and so may the host (all), and there is no dns. */
int hearth_addresses_parse(const char *text, bool listening, struct hearth_address ret_addresses[HEARTH_ADDRESSES_MOST],
                           size_t *ret_count, struct hearth_status *status);

/* The files of one instance, while its process lives. */
struct hearth_instance_files {
	int lock;                                          /* flock'd descriptor, -1: none */
	char path[HEARTH_SOCKET_PATH_MOST + 1];            /* without its ending */
};

/* Makes the directory (0700) if it is absent, makes and locks the .lock file. */
int hearth_instance_claim(const char *directory, const char *service, const struct hearth_uuid *instance,
                          struct hearth_instance_files *ret_files, struct hearth_status *status);
/* Removes the files and gives the lock back. */
void hearth_instance_release(struct hearth_instance_files *files);

typedef void hearth_instance_found(void *context, const char *endpoint);
/* Calls `found` for each living instance of the service; removes the files of the dead. No directory: none. */
void hearth_instances_scan(const char *directory, const char *service, hearth_instance_found *found, void *context);

#endif
