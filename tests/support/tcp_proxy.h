/* tcp_proxy.h: a TCP address in front of a unix socket, in a process of its own, that delays, stalls or breaks what runs
 * through it. Ends with its starter. */
#ifndef TESTS_SUPPORT_TCP_PROXY_H
#define TESTS_SUPPORT_TCP_PROXY_H

enum tcp_proxy_mode {
	TCP_PROXY_PASS,
	TCP_PROXY_DELAY,           /* what comes is passed on a fifth of a second later */
	TCP_PROXY_STALL,           /* nothing is passed on until another mode, then all of it, late */
	TCP_PROXY_HALF_OPEN,       /* the server's ends are closed and the clients are not told until another mode */
	TCP_PROXY_REFUSE           /* all are closed, and new ones at once */
};

struct tcp_proxy;

/* Listens on a free port of `host`; NULL with the reason on standard error. */
struct tcp_proxy *tcp_proxy_start(const char *host, const char *unix_path);
void tcp_proxy_stop(struct tcp_proxy **proxy);
void tcp_proxy_set(struct tcp_proxy *proxy, enum tcp_proxy_mode mode);
const char *tcp_proxy_address(const struct tcp_proxy *proxy);      /* "host:port" */
int tcp_proxy_accepted(const struct tcp_proxy *proxy);            /* connections so far */

#endif
