/* migrate.c: `hearth migrate`: makes and brings up to date the roles, schemas and histories of the services. */
#include <stdlib.h>
#include <string.h>

#include "migrate.h"

const char cli_migrate_help[] =
	"Usage: hearth migrate --admin-url URL [--service S]... [--roles-only]\n"
	"                      [--new-history S|all]... [--follow-history VALUE]... [--accept-loss]\n"
	"                      [--publication NAME]\n"
	"\n"
	"Makes the roles and the schema of each service, applies the migrations that are not yet\n"
	"applied, and says what it did. May be run again at any time, and by two people at once.\n"
	"\n"
	"  --admin-url URL        a role that may create roles and schemas (HEARTH_ADMIN_URL)\n"
	"  --service S            only this service; may be given several times\n"
	"  --roles-only           make the roles and stop: what a restore needs first\n"
	"  --new-history S|all    the schema of S is a copy (restored, moved, failed over with loss):\n"
	"                         make its history the true one\n"
	"  --follow-history VALUE consumers in this database go on in a history renewed elsewhere;\n"
	"                         --new-history prints the VALUE\n"
	"  --accept-loss          go on although a consumer has applied events that no longer exist\n"
	"  --publication NAME     make (or bring up to date) a publication of the outboxes, without\n"
	"                         personal fields, for change-data-capture: docs/events.md\n"
	"\n"
	"HEARTH_<SERVICE>_PASSWORD, when set, becomes the password of role hearth_<service>.\n"
	"\n"
	"A copy of a schema shows another history by itself, so the services that hear its events stop\n"
	"with FOREIGN_EPOCH. To move or restore service S, with its own processes stopped:\n"
	"  1. hearth migrate --admin-url NEW --service S --roles-only\n"
	"  2. pg_dump -n S OLD | psql NEW\n"
	"  3. hearth migrate --admin-url NEW --service S --new-history S\n"
	"     Consumers in the same database go on at once, each after the last event it applied.\n"
	"  4. For each other database: hearth migrate --admin-url OTHER --follow-history VALUE\n"
	"Step 3 or 4 refuses when a consumer has applied events that the copy does not hold.\n";

struct request {
	const char *url, *publication;
	struct cli_texts services, new_histories, follow_histories;
};

static bool chosen(const struct cli_texts *names, const char *service, bool otherwise)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->values[i], service) == 0 || strcmp(names->values[i], "all") == 0)
			return true;
	return names->count == 0 && otherwise;
}

static int check_names(const struct cli_texts *names, const char *option)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->values[i], "all") != 0 && cli_service_find(names->values[i]) == NULL)
			return cli_usage("migrate", "--%s: there is no service \"%s\"; see hearth list", option, names->values[i]);
	return CLI_OK;
}

static int read_request(int argc, char **argv, struct migrate *run, struct request *request)
{
	request->url = getenv("HEARTH_ADMIN_URL");
	const struct cli_option options[] = {
		{"admin-url", CLI_TEXT, &request->url},
		{"service", CLI_TEXTS, &request->services},
		{"roles-only", CLI_FLAG, &run->roles_only},
		{"new-history", CLI_TEXTS, &request->new_histories},
		{"follow-history", CLI_TEXTS, &request->follow_histories},
		{"accept-loss", CLI_FLAG, &run->accept_loss},
		{"publication", CLI_TEXT, &request->publication},
		{0},
	};
	int code = cli_parse(&argc, argv, options);
	if (code == CLI_OK && argc > 1)
		code = cli_usage("migrate", "\"%s\" is not expected", argv[1]);
	if (code == CLI_OK && (request->url == NULL || request->url[0] == '\0'))
		code = cli_usage("migrate", "--admin-url is missing");
	if (code == CLI_OK && !migrate_url_good(request->url))
		code = cli_usage("migrate", "--admin-url is no address of a database, such as postgresql://USER@HOST:5432/NAME");
	if (code == CLI_OK && run->roles_only &&
	    (request->new_histories.count + request->follow_histories.count > 0 || request->publication != NULL))
		code = cli_usage("migrate", "--roles-only makes no history and no publication; leave one of them out");
	if (code == CLI_OK)
		code = check_names(&request->services, "service");
	return code == CLI_OK ? check_names(&request->new_histories, "new-history") : code;
}

/* --follow-history alone moves cursors and leaves the schemas as they are. */
static int work(struct migrate *run, const struct request *request, struct hearth_status *status)
{
	bool follow_only = request->follow_histories.count > 0 && request->services.count + request->new_histories.count == 0;
	for (const struct cli_service *service = cli_services; service->name != NULL && !follow_only; service++)
		if (chosen(&request->services, service->name, true) && migrate_service(run, service, status) != 0)
			return -1;
	for (const struct cli_service *service = cli_services; service->name != NULL; service++)
		if (chosen(&request->new_histories, service->name, false) && chosen(&request->services, service->name, true) &&
		    migrate_new_history(run, service, status) != 0)
			return -1;
	for (size_t i = 0; i < request->follow_histories.count; i++)
		if (migrate_follow_history(run, request->follow_histories.values[i], status) != 0)
			return -1;
	return request->publication ? migrate_publication(run, request->publication, &request->services, status) : 0;
}

/* ---- output ---- */

static void print_list(const char *word, const json_t *names)
{
	size_t i;
	const json_t *name;
	json_array_foreach(names, i, name)
		printf("%s%s", i == 0 ? word : ", ", json_string_value(name));
}

static void print_service(const json_t *service)
{
	const json_t *made = json_object_get(service, "made"), *applied = json_object_get(service, "applied");
	const json_t *count = json_object_get(service, "migrations");
	printf("%-12s ", json_string_value(json_object_get(service, "service")));
	print_list("made ", made);
	if (json_array_size(made) > 0 && json_array_size(applied) > 0)
		printf("; ");
	print_list("applied ", applied);
	if (json_array_size(made) + json_array_size(applied) == 0)
		printf("up to date");
	if (count != NULL)
		printf(" (%lld migrations)", (long long)json_integer_value(count));
	printf("\n");
}

static void print_history(const json_t *history)
{
	size_t i;
	const json_t *consumer;
	const char *source = json_string_value(json_object_get(history, "service"));
	printf("%-12s history %s, after event %lld\n", source, json_string_value(json_object_get(history, "epoch")),
	       (long long)json_integer_value(json_object_get(history, "end")));
	json_array_foreach(json_object_get(history, "consumers"), i, consumer) {
		long long lost = (long long)json_integer_value(json_object_get(consumer, "lost"));
		printf("  %s goes on after event %s", json_string_value(json_object_get(consumer, "service")),
		       json_string_value(json_object_get(consumer, "seq")));
		if (lost > 0)
			printf("; it keeps what it learnt from lost events numbered up to %lld more", lost);
		printf("\n");
	}
	printf("  consumers elsewhere: --follow-history %s\n", json_string_value(json_object_get(history, "follow")));
}

/* Also after a failure: what was committed before it stays. */
static void print_report(const struct migrate *run, bool as_json)
{
	size_t i;
	const json_t *item;
	if (as_json) {
		cli_print_json(json_pack("{s:O, s:O, s:s*}", "services", run->services, "histories", run->histories, "publication",
		                         run->publication), false);
		return;
	}
	json_array_foreach(run->services, i, item)
		print_service(item);
	json_array_foreach(run->histories, i, item)
		print_history(item);
	if (run->publication != NULL)
		printf("publication  %s\n", run->publication);
}

int cli_migrate(struct cli *cli, int argc, char **argv)
{
	struct migrate run = {.arena = cli->arena};
	struct request request = {0};
	struct hearth_status status = HEARTH_STATUS_INIT;
	int code = read_request(argc, argv, &run, &request);
	if (code != CLI_OK)
		return code;
	run.services = json_array();
	run.histories = json_array();
	if (migrate_connect(&run, request.url, &status) != 0 || migrate_lock(&run, &status) != 0 ||
	    work(&run, &request, &status) != 0)
		code = CLI_FAILED;
	PQfinish(run.db);
	print_report(&run, cli->json);
	json_decref(run.services);
	json_decref(run.histories);
	return code == CLI_OK ? CLI_OK : cli_fail(&status);
}
