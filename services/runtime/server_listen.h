/* server_listen.h: who may come in where: plain tcp on loopback alone, ipc for the suite's users.
 */
#ifndef HEARTH_SERVER_LISTEN_H
#define HEARTH_SERVER_LISTEN_H

#include <hearth/status.h>

/* Whether plain calls may be taken at "tcp://host:port": nobody can listen in on loopback, and whoever runs on this
 * machine is trusted there. */
int server_plain_tcp_check(const char *address, struct hearth_status *status);
/* Lets the users named (names or numbers with commas; NULL or "": nobody more), our own and root connect to what the
 * socket binds to by ipc, and no others. The kernel says who connects. */
int server_ipc_users(void *socket, const char *users, struct hearth_status *status);

#endif
