/* db_hosts.c: see db_hosts.h. */
#include "db_hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/text.h>

#define IPS_EACH 8               /* of one name; a database has few */

struct hearth_db_host {
	struct hearth_db_hosts *hosts;
	struct hearth_lookup *lookup;
	bool is_name;
	char name[HEARTH_HOST_MOST + 1], port[8], given[HEARTH_IP_SIZE];
	struct hearth_ip ips[IPS_EACH];
	size_t ip_count;
};

/* ---- lists with commas ---- */

static size_t pieces(const char *list)
{
	size_t count = 1;

	for (; *list; list++)
		count += *list == ',';
	return count;
}

/* Piece `index`, or the only one; false when it does not fit. */
static bool piece(const char *list, size_t index, char *ret_text, size_t size)
{
	size_t length;

	if (pieces(list) == 1)
		index = 0;
	for (; index > 0; index--)
		list = strchr(list, ',') + 1;
	length = strcspn(list, ",");
	if (length >= size)
		return false;
	memcpy(ret_text, list, length);
	ret_text[length] = '\0';
	return true;
}

static bool fits(const char *list, size_t count)
{
	return !list || pieces(list) == count || pieces(list) == 1;
}

static bool is_name(const char *host)
{
	return *host && *host != '/' && *host != '@' && !hearth_is_ip(host);
}

struct hearth_db_hosts *hearth_db_hosts_new(struct hearth_resolver *resolver, const char *host, const char *hostaddr,
                                            const char *port)
{
	struct hearth_db_hosts *hosts;
	size_t count = host ? pieces(host) : 0, names = 0;
	bool good = count > 0 && count <= HEARTH_DB_HOSTS_MOST && (!hostaddr || pieces(hostaddr) == count) && fits(port, count);

	/* What libpq will refuse, it may refuse itself. */
	if (!good)
		return NULL;
	hosts = hearth_alloc(sizeof *hosts);
	memset(hosts, 0, sizeof *hosts);
	hosts->resolver = resolver;
	hosts->entries = hearth_alloc(count * sizeof *hosts->entries);
	memset(hosts->entries, 0, count * sizeof *hosts->entries);
	for (size_t i = 0; i < count && good; i++) {
		struct hearth_db_host *entry = &hosts->entries[i];

		entry->hosts = hosts;
		good = piece(host, i, entry->name, sizeof entry->name) && (!port || piece(port, i, entry->port, sizeof entry->port)) &&
		       (!hostaddr || piece(hostaddr, i, entry->given, sizeof entry->given));
		entry->is_name = !*entry->given && is_name(entry->name);
		names += entry->is_name;
	}
	hosts->count = count;
	if (!good || (names == 0 && count == 1))
		hearth_db_hosts_free(&hosts);
	return hosts;
}

void hearth_db_hosts_free(struct hearth_db_hosts **hosts)
{
	if (!*hosts)
		return;
	hearth_db_hosts_stop(*hosts);
	free((*hosts)->entries);
	free(*hosts);
	*hosts = NULL;
}

/* ---- looking ---- */

static void found(void *context, const struct hearth_ip *ips, size_t count, const char *trouble)
{
	struct hearth_db_host *entry = context;
	struct hearth_db_hosts *hosts = entry->hosts;

	entry->lookup = NULL;
	if (count > 0) {
		entry->ip_count = count < IPS_EACH ? count : IPS_EACH;
		memcpy(entry->ips, ips, entry->ip_count * sizeof *ips);
	} else {
		snprintf(hosts->trouble, sizeof hosts->trouble, "host %.80s: %.60s", entry->name, trouble);
	}
	if (--hosts->running == 0)
		hosts->looked(hosts->context);
}

size_t hearth_db_hosts_look(struct hearth_db_hosts *hosts, void (*looked)(void *context), void *context)
{
	hosts->looked = looked;
	hosts->context = context;
	hosts->trouble[0] = '\0';
	for (size_t i = 0; i < hosts->count; i++) {
		struct hearth_db_host *entry = &hosts->entries[i];

		if (!entry->is_name)
			continue;
		hosts->running++;
		entry->lookup = hearth_resolver_ask(hosts->resolver, entry->name, found, entry);
	}
	return hosts->running;
}

void hearth_db_hosts_stop(struct hearth_db_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++) {
		struct hearth_db_host *entry = &hosts->entries[i];

		if (entry->lookup && !hosts->trouble[0])
			snprintf(hosts->trouble, sizeof hosts->trouble, "host %.80s: no answer from DNS", entry->name);
		hearth_lookup_cancel(&entry->lookup);
	}
	hosts->running = 0;
}

/* ---- what libpq is told ---- */

static void append(char *text, size_t size, const char *more, bool first)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s", first ? "" : ",", more);
}

int hearth_db_hosts_fill(struct hearth_db_hosts *hosts)
{
	size_t total = 0, at = 0, skipped;

	for (size_t i = 0; i < hosts->count; i++)
		total += hosts->entries[i].is_name ? hosts->entries[i].ip_count : 1;
	if (total == 0)
		return -1;
	hosts->host[0] = hosts->hostaddr[0] = hosts->port[0] = '\0';
	skipped = hosts->turn % total;
	/* Twice over the list, `total` of it from `skipped` on. */
	for (size_t i = 0; i < 2 * hosts->count; i++) {
		const struct hearth_db_host *entry = &hosts->entries[i % hosts->count];
		size_t each = entry->is_name ? entry->ip_count : 1;

		for (size_t k = 0; k < each; k++, at++) {
			bool room = strlen(hosts->host) + strlen(entry->name) + 2 < sizeof hosts->host;

			if (at < skipped || at >= skipped + total || !room)
				continue;
			append(hosts->host, sizeof hosts->host, entry->name, at == skipped);
			append(hosts->hostaddr, sizeof hosts->hostaddr, entry->is_name ? entry->ips[k].text : entry->given, at == skipped);
			append(hosts->port, sizeof hosts->port, entry->port, at == skipped);
		}
	}
	return 0;
}

void hearth_db_hosts_pass_over(struct hearth_db_hosts *hosts)
{
	hosts->turn++;
}
