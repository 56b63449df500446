/* audit_verify.c: `hearth audit verify`: the chain of a service's audit, computed again from its entries.
 *
 * Seals and entries are read side by side, each once, a page at a time. The hashes are made here, not by the service: its
 * word is taken for nothing but the rows. What cannot be seen: a chain that its owner has made anew from the beginning;
 * against that a seal's hash is kept elsewhere and given with --known.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <hearth/clock.h>
#include <hearth/text.h>

#include "audit.h"

const char cli_audit_verify_help[] =
	"Usage: hearth audit verify [SERVICE]... [--known NO=HASH]\n"
	"\n"
	"Computes the chain of each service's audit again, from its entries, and says whether anybody\n"
	"has changed, removed or added one, or broken a seal: the first that does not fit is named.\n"
	"Every second's entries are sealed; those since the last seal are counted, not proved.\n"
	"  --known NO=HASH    of one service: this seal, noted down earlier (keep the last line of a\n"
	"                     verify somewhere else), must be in the chain as it was\n"
	"Role OPERATOR. Exit code 1 when something does not fit, 4 when a service does not answer.\n";

typedef Hearth__Audit__V1__Seal audit_seal;

#define MARK 24
#define DIGEST crypto_hash_sha256_BYTES
#define SERVICES_MOST 32

struct verify {
	struct cli *cli;
	const char *service;
	struct audit_stream stream;
	struct hearth_arena *seals, *marks;     /* of a page of seals; of one seal's marks */
	uint8_t *block;                         /* marks as computed */
	size_t block_size, block_room;
	int64_t no, last, trimmed_no, told_no;  /* of the seal before; the last trimmed; the last that an entry says was */
	int64_t sealed_entries, trimmed_entries, unsealed, histories;
	char hash[2 * DIGEST + 1], epoch[HEARTH_UUID_SIZE], since[HEARTH_TIME_SIZE];
	int64_t known_no;
	const char *known_hash;
	bool known_met;
	char problem[256];
};

__attribute__((format(printf, 2, 3))) static int wrong(struct verify *verify, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(verify->problem, sizeof verify->problem, format, arguments);
	va_end(arguments);
	return 1;
}

/* ---- an entry's mark ---- */

static void add_text(crypto_hash_sha256_state *state, const char *text, bool may_be_null)
{
	char size[24];
	if (may_be_null && text[0] == '\0') {
		crypto_hash_sha256_update(state, (const uint8_t *)"-,", 2);
		return;
	}
	int length = snprintf(size, sizeof size, "%zu:", strlen(text));
	crypto_hash_sha256_update(state, (const uint8_t *)size, (unsigned long long)length);
	crypto_hash_sha256_update(state, (const uint8_t *)text, strlen(text));
	crypto_hash_sha256_update(state, (const uint8_t *)",", 1);
}

static void add_number(crypto_hash_sha256_state *state, int64_t number)
{
	char text[24];
	int length = snprintf(text, sizeof text, "%" PRId64 ",", number);
	crypto_hash_sha256_update(state, (const uint8_t *)text, (unsigned long long)length);
}

/* The same bytes as in function audit_seal of the runtime's schema. */
static void mark_entry(const audit_entry *entry, uint8_t ret_mark[MARK])
{
	crypto_hash_sha256_state state;
	uint8_t hash[DIGEST];
	crypto_hash_sha256_init(&state);
	add_number(&state, entry->id);
	add_number(&state, audit_time(entry->at));
	add_text(&state, entry->kind, false);
	add_text(&state, entry->authority, false);
	add_text(&state, entry->actor, false);
	add_number(&state, entry->roles);
	add_text(&state, entry->method, false);
	add_text(&state, entry->request_id, true);
	add_text(&state, entry->traceparent, false);
	add_text(&state, entry->subject, false);
	add_text(&state, entry->record, false);
	add_number(&state, entry->records);
	for (size_t i = 0; i < entry->n_ids; i++)
		add_text(&state, entry->ids[i], false);
	crypto_hash_sha256_final(&state, hash);
	for (int i = 0; i < 8; i++)
		ret_mark[i] = (uint8_t)((uint64_t)entry->id >> (56 - 8 * i));
	memcpy(ret_mark + 8, hash, MARK - 8);
}

static void keep_mark(struct verify *verify, const audit_entry *entry)
{
	if (verify->block_size + MARK > verify->block_room) {
		verify->block_room = verify->block_room > 0 ? verify->block_room * 2 : (size_t)4096 * MARK;
		verify->block = hearth_realloc(verify->block, verify->block_room);
	}
	mark_entry(entry, verify->block + verify->block_size);
	verify->block_size += MARK;
}

/* ---- which entry does not fit ---- */

static int64_t id_of(const uint8_t *mark)
{
	uint64_t id = 0;
	for (int i = 0; i < 8; i++)
		id = id << 8 | mark[i];
	return (int64_t)id;
}

static int compare_marks(struct verify *verify, const audit_seal *seal, const uint8_t *told, size_t size)
{
	for (size_t at = 0; at < size || at < verify->block_size; at += MARK) {
		int64_t wanted = at < size ? id_of(told + at) : INT64_MAX;
		int64_t found = at < verify->block_size ? id_of(verify->block + at) : INT64_MAX;
		if (found > wanted)
			return wrong(verify, "entry %" PRId64 " was removed (seal %" PRId64 " has it)", wanted, seal->no);
		if (found < wanted)
			return wrong(verify, "entry %" PRId64 " was added after seal %" PRId64 " was made", found, seal->no);
		if (memcmp(told + at, verify->block + at, MARK) != 0)
			return wrong(verify, "entry %" PRId64 " was changed since seal %" PRId64, wanted, seal->no);
	}
	return wrong(verify, "the digest of seal %" PRId64 " is not that of its entries", seal->no);
}

/* 1: named; -1: the call failed. */
static int name_entry(struct verify *verify, const audit_seal *seal, struct hearth_status *status)
{
	Hearth__Audit__V1__GetMarksRequest request = HEARTH__AUDIT__V1__GET_MARKS_REQUEST__INIT;
	Hearth__Audit__V1__GetMarksResponse *reply;
	uint8_t digest[DIGEST];
	char hex[2 * DIGEST + 1];
	request.no = seal->no;
	hearth_arena_reset(verify->marks);
	if (audit_call(verify->cli, verify->service, "GetMarks", &request.base, &hearth__audit__v1__get_marks_response__descriptor,
	               verify->marks, &reply, status) != 0)
		return -1;
	size_t size = 0, room = strlen(reply->marks) / 2;
	uint8_t *told = hearth_arena_alloc(verify->marks, room + 1);
	int bad = sodium_hex2bin(told, room, reply->marks, strlen(reply->marks), NULL, &size, NULL);
	crypto_hash_sha256(digest, told, size);
	hearth_hex(digest, DIGEST, hex);
	if (bad != 0 || size % MARK != 0 || strcmp(hex, seal->digest) != 0)
		return wrong(verify, "an entry of seal %" PRId64 " was changed, removed or added, and so were the seal's marks that "
		             "would name it", seal->no);
	return compare_marks(verify, seal, told, size);
}

/* ---- a seal ---- */

static int check_link(struct verify *verify, const audit_seal *seal)
{
	uint8_t previous[DIGEST], hash[DIGEST];
	char hex[2 * DIGEST + 1], text[512];
	size_t size = 0;
	if (seal->no != verify->no + 1)
		return wrong(verify, "seal %" PRId64 " is missing", verify->no + 1);
	if (strcmp(seal->previous, verify->hash) != 0 || seal->after != verify->last || seal->last <= seal->after)
		return wrong(verify, "seal %" PRId64 " does not follow seal %" PRId64, seal->no, verify->no);
	int length = snprintf(text, sizeof text, "%" PRId64 "|%" PRId64 "|%" PRId64 "|%d|%" PRId64 "|%s|%s", seal->no, seal->after,
	                      seal->last, seal->entries, audit_time(seal->sealed), seal->epoch, seal->digest);
	crypto_hash_sha256_state state;
	crypto_hash_sha256_init(&state);
	if (sodium_hex2bin(previous, sizeof previous, seal->previous, strlen(seal->previous), NULL, &size, NULL) != 0)
		return wrong(verify, "seal %" PRId64 " was changed", seal->no);
	crypto_hash_sha256_update(&state, previous, size);
	crypto_hash_sha256_update(&state, (const uint8_t *)text, (unsigned long long)length);
	crypto_hash_sha256_final(&state, hash);
	hearth_hex(hash, DIGEST, hex);
	if (strcmp(hex, seal->hash) != 0)
		return wrong(verify, "seal %" PRId64 " was changed", seal->no);
	if (seal->no == verify->known_no && strcmp(seal->hash, verify->known_hash) != 0)
		return wrong(verify, "seal %" PRId64 " is not the one that is known: the chain was made anew", seal->no);
	verify->known_met |= seal->no == verify->known_no;
	return 0;
}

static void note_trim(struct verify *verify, const audit_entry *entry)
{
	int64_t no = strcmp(entry->kind, "TRIM") == 0 ? strtoll(entry->record, NULL, 10) : 0;
	if (no > verify->told_no)
		verify->told_no = no;
}

static int check_trimmed(struct verify *verify, const audit_seal *seal, const audit_entry *entry)
{
	if (verify->trimmed_no != seal->no - 1)
		return wrong(verify, "the entries of seal %" PRId64 " are gone while those before are there", seal->no);
	if (entry != NULL && entry->id <= seal->last)
		return wrong(verify, "entry %" PRId64 " was added after seal %" PRId64 " was made", entry->id, seal->no);
	verify->trimmed_no = seal->no;
	verify->trimmed_entries += seal->entries;
	return 0;
}

static int check_entries(struct verify *verify, const audit_seal *seal, struct hearth_status *status)
{
	const audit_entry *entry;
	uint8_t digest[DIGEST];
	char hex[2 * DIGEST + 1];
	verify->block_size = 0;
	if (audit_stream_peek(&verify->stream, &entry, status) != 0)
		return -1;
	if (seal->trimmed != NULL)
		return check_trimmed(verify, seal, entry);
	for (; entry != NULL && entry->id <= seal->last;) {
		keep_mark(verify, entry);
		note_trim(verify, entry);
		audit_stream_take(&verify->stream);
		if (audit_stream_peek(&verify->stream, &entry, status) != 0)
			return -1;
	}
	crypto_hash_sha256(digest, verify->block, verify->block_size);
	hearth_hex(digest, DIGEST, hex);
	if (strcmp(hex, seal->digest) != 0 || verify->block_size / MARK != (size_t)seal->entries)
		return name_entry(verify, seal, status);
	verify->sealed_entries += seal->entries;
	return 0;
}

static int check_seal(struct verify *verify, const audit_seal *seal, struct hearth_status *status)
{
	int found = check_link(verify, seal);
	if (found == 0)
		found = check_entries(verify, seal, status);
	if (found != 0)
		return found;
	if (strcmp(verify->epoch, seal->epoch) != 0)
		verify->histories++;
	if (seal->trimmed == NULL && verify->since[0] == '\0')
		hearth_time_format(audit_time(seal->sealed), verify->since);
	verify->no = seal->no;
	verify->last = seal->last;
	hearth_text_copy(verify->hash, sizeof verify->hash, seal->hash);
	hearth_text_copy(verify->epoch, sizeof verify->epoch, seal->epoch);
	return 0;
}

/* ---- the chain ---- */

/* 0: it holds; 1: it does not; -1: a call failed. */
static int check_seals(struct verify *verify, struct hearth_status *status)
{
	Hearth__Audit__V1__ListSealsRequest request = HEARTH__AUDIT__V1__LIST_SEALS_REQUEST__INIT;
	Hearth__Audit__V1__ListSealsResponse *page;
	char *token = NULL;
	int found = 0;
	request.page_size = 500;
	do {
		hearth_arena_reset(verify->seals);
		request.page_token = token != NULL ? hearth_arena_strdup(verify->seals, token) : (char *)"";
		if (audit_call(verify->cli, verify->service, "ListSeals", &request.base,
		               &hearth__audit__v1__list_seals_response__descriptor, verify->seals, &page, status) != 0) {
			found = -1;
			break;
		}
		for (size_t i = 0; i < page->n_seals && found == 0; i++)
			found = check_seal(verify, page->seals[i], status);
		free(token);
		token = hearth_strdup(page->next_page_token);
	} while (found == 0 && token[0] != '\0');
	free(token);
	return found;
}

/* What came since the last seal; of it only that retention's own notes are read. */
static int check_rest(struct verify *verify, struct hearth_status *status)
{
	const audit_entry *entry;
	int outcome;
	while ((outcome = audit_stream_peek(&verify->stream, &entry, status)) == 0 && entry != NULL) {
		note_trim(verify, entry);
		verify->unsealed++;
		audit_stream_take(&verify->stream);
	}
	if (outcome != 0)
		return -1;
	if (verify->trimmed_no > verify->told_no)
		return wrong(verify, "the entries of seals up to %" PRId64 " are gone, and no entry says that retention removed them",
		             verify->trimmed_no);
	if (verify->known_no > 0 && !verify->known_met)
		return wrong(verify, "seal %" PRId64 ", which is known, is not in the chain", verify->known_no);
	return 0;
}

static json_t *report(const struct verify *verify, bool holds)
{
	return json_pack("{s:s, s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:s}", "service", verify->service, "holds", holds,
	                 "problem", verify->problem, "seals", (json_int_t)verify->no, "entries", (json_int_t)verify->sealed_entries,
	                 "unsealed", (json_int_t)verify->unsealed, "removedByRetention", (json_int_t)verify->trimmed_entries,
	                 "histories", (json_int_t)verify->histories, "provedFrom", verify->since, "lastHash", verify->hash);
}

static void print(const struct verify *verify, bool holds)
{
	if (!holds) {
		printf("%s: BROKEN: %s\n", verify->service, verify->problem);
		return;
	}
	printf("%s: holds: %" PRId64 " entries in %" PRId64 " seals%s%s, %" PRId64 " not sealed yet\n", verify->service,
	       verify->sealed_entries, verify->no, verify->since[0] != '\0' ? ", proved from " : "", verify->since, verify->unsealed);
	if (verify->trimmed_entries > 0)
		printf("  retention removed %" PRId64 " entries, those of the seals up to %" PRId64 "\n", verify->trimmed_entries,
		       verify->trimmed_no);
	if (verify->histories > 1)
		printf("  the chain goes through %" PRId64 " histories: the schema was restored or moved\n", verify->histories);
	if (verify->no > 0)
		printf("  known %" PRId64 "=%s\n", verify->no, verify->hash);
}

static int verify_service(struct cli *cli, const char *service, int64_t known_no, const char *known_hash, json_t *reports)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct verify verify = {.cli = cli, .service = service, .seals = hearth_arena_new(), .marks = hearth_arena_new(),
	                        .known_no = known_no, .known_hash = known_hash};
	audit_stream_open(&verify.stream, cli, service);
	int found = check_seals(&verify, &status);
	if (found == 0)
		found = check_rest(&verify, &status);
	int code = found < 0 ? cli_fail(&status) : found > 0 ? CLI_FAILED : CLI_OK;
	if (found >= 0 && cli->json)
		json_array_append_new(reports, report(&verify, found == 0));
	else if (found >= 0)
		print(&verify, found == 0);
	audit_stream_close(&verify.stream);
	hearth_arena_free(&verify.seals);
	hearth_arena_free(&verify.marks);
	free(verify.block);
	return code;
}

int cli_audit_verify(struct cli *cli, int argc, char **argv)
{
	const char *known = NULL, *hash = "", *names[SERVICES_MOST];
	const struct cli_option options[] = {{"known", CLI_TEXT, &known}, {0}};
	int64_t no = 0;
	size_t count;
	int code = cli_parse(&argc, argv, options);
	if (code == CLI_OK)
		code = audit_services("audit verify", argc, argv, names, SERVICES_MOST, &count);
	if (code != CLI_OK)
		return code;
	if (known != NULL) {
		char *end;
		no = strtoll(known, &end, 10);
		hash = end + 1;
		if (no < 1 || *end != '=' || strlen(hash) != 2 * DIGEST || count != 1)
			return cli_usage("audit verify", "--known is NO=HASH as a verify printed it, and one service");
	}
	cli->actor.authority = "";               /* the chain is of all authorities */
	json_t *reports = json_array();
	for (size_t i = 0; i < count; i++) {
		int one = verify_service(cli, names[i], no, hash, reports);
		code = one > code ? one : code;
	}
	if (cli->json)
		cli_print_json(json_incref(reports), false);
	json_decref(reports);
	return code;
}
