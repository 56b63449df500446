/* dns_server.h: a small DNS server on loopback whose answers a test changes while it runs.
 *
 *	struct dns_server *dns = dns_server_start();
 *	dns_server_set(dns, "placements.test", "127.0.0.2 127.0.0.3 ::1");
 *	hearth_dns_servers(dns_server_address(dns), &status);
 *
 * A process of its own that answers over UDP and, when the answer is too long for that, over TCP; it ends with its
 * starter. Names that were never set do not exist.
 */
#ifndef TESTS_SUPPORT_DNS_SERVER_H
#define TESTS_SUPPORT_DNS_SERVER_H

#define DNS_NAMES_MOST 8

enum dns_mood { DNS_ANSWERS, DNS_REFUSES, DNS_SILENT };

struct dns_server;

/* NULL when it could not be started. */
struct dns_server *dns_server_start(void);
/* The same on another address of this host than 127.0.0.1. */
struct dns_server *dns_server_start_at(const char *host);
void dns_server_stop(struct dns_server **server);
/* Addresses with blanks between, both kinds; "": the name exists and has none. */
void dns_server_set(struct dns_server *server, const char *name, const char *addresses);
void dns_server_mood(struct dns_server *server, enum dns_mood mood);
const char *dns_server_address(const struct dns_server *server);      /* "127.0.0.1:port" */
int dns_server_questions(const struct dns_server *server);            /* asked so far */

#endif
