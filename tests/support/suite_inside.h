/* suite_inside.h: what suite.c and suite_calls.c share. */
#ifndef TESTS_SUPPORT_SUITE_INSIDE_H
#define TESTS_SUPPORT_SUITE_INSIDE_H

#include "suite.h"

#define SUITE_SERVICES_MOST 8
#define SUITE_CLIENTS_MOST 64

struct suite_process {
	const char *service;
	int index;
	pid_t pid;                 /* 0: never started */
	bool told;                 /* we ended it on purpose */
	bool ended;
	bool left_to_us;           /* suite_stop found it running */
	int state;                 /* wait status, when ended and our child */
	const char *database;      /* a URL of its own; NULL: the suite's */
	char log[96];
	char listen[96];
};

struct suite {
	const char *bin;
	const char *services[SUITE_SERVICES_MOST + 1];
	size_t service_count;
	int instances, fewer;
	struct suite_process processes[SUITE_SERVICES_MOST][SUITE_INSTANCES_MOST];
	char clock[40];
	const char *const *flags;
	struct dns_server *dns;
	struct support_network *network;
	struct tcp_proxy *proxy;
	struct support_pg *pg;
	bool own_pg, own_database, own_directory;
	char database[64];
	const char *admin_url;
	char directory[48], address[64], metrics[64], cli_log[64];
	/* Clients belong to the process that made them: after a fork they are left alone. */
	pid_t client_owner;
	struct hearth_client *control;
	size_t client_count;
	struct hearth_client *clients[SUITE_CLIENTS_MOST];
};

struct suite_process *suite_process(const struct suite *suite, const char *service, int index);
/* Prints the end of the log of each process that ended though nobody told it to. */
bool suite_any_fell(struct suite *suite);
void suite_free_clients(struct suite *suite);

#endif
