/* migrate_publication.c: what change-data-capture reads: the outboxes, each as one table, without personal fields.
 *
 * A publication names its columns, so a column added later is not published by itself. Only inserts are published:
 * partitions that are trimmed say nothing.
 */
#include <string.h>

#include "migrate.h"

#define COLUMNS "(seq, id, type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, " \
	"historical, payload)"

struct publication {
	const char *name;
	const struct cli_texts *services;
};

/* A plain identifier, so that it needs no quotes anywhere. */
static bool name_good(const char *name)
{
	return name[0] >= 'a' && name[0] <= 'z' && strlen(name) < 64 &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static bool wanted(const struct cli_texts *services, const char *service)
{
	for (size_t i = 0; i < services->count; i++)
		if (strcmp(services->values[i], service) == 0)
			return true;
	return services->count == 0;
}

/* "placements.outbox (...), finance.outbox (...)": of the services asked for, those that are in this database. */
static int list_tables(struct migrate *run, const struct publication *publication, const char **ret_list,
                       struct hearth_status *status)
{
	const char *list = "";
	for (const struct cli_service *service = cli_services; service->name != NULL; service++) {
		const char *there;
		if (!wanted(publication->services, service->name))
			continue;
		if (migrate_ask(run, &there, status, "SELECT 1 FROM pg_namespace WHERE nspname = $1", service->name, NULL) != 0)
			return -1;
		if (there[0] != '\0')
			list = hearth_arena_printf(run->arena, "%s%s%s.outbox " COLUMNS, list, list[0] ? ", " : "", service->name);
	}
	if (list[0] == '\0')
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "NO_SCHEMA", "no service has its schema in this database");
	*ret_list = list;
	return 0;
}

static int publish(struct migrate *run, void *context, struct hearth_status *status)
{
	const struct publication *publication = context;
	const char *there, *list = "";
	if (list_tables(run, publication, &list, status) != 0 ||
	    migrate_ask(run, &there, status, "SELECT 1 FROM pg_publication WHERE pubname = $1", publication->name, NULL) != 0)
		return -1;
	if (there[0] == '\0')
		return migrate_exec(run, status, "CREATE PUBLICATION %s FOR TABLE %s WITH (publish = 'insert', "
		                    "publish_via_partition_root = true)", publication->name, list);
	if (migrate_exec(run, status, "ALTER PUBLICATION %s SET TABLE %s", publication->name, list) != 0)
		return -1;
	return migrate_exec(run, status, "ALTER PUBLICATION %s SET (publish = 'insert', publish_via_partition_root = true)",
	                    publication->name);
}

int migrate_publication(struct migrate *run, const char *name, const struct cli_texts *services,
                        struct hearth_status *status)
{
	struct publication publication = {name, services};
	if (!name_good(name))
		return hearth_fail_field(status, "publication", "\"%s\" is no name of a publication: a-z, then a-z 0-9 _, at most 63",
		                         name);
	if (migrate_transaction(run, publish, &publication, status) != 0)
		return hearth_fail_context(status, "publication %s", name);
	run->publication = name;
	return 0;
}
