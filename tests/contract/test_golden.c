/* test_golden.c: the bytes and the JSON of every message of every contract, compared with tests/contract/golden.
 *
 * Each message is filled by its descriptor: "full" has every field, "most" the largest numbers, odd texts and the last
 * enum values, "least" the smallest numbers, what is empty but there, and lists of one default; each further member of a
 * oneof has a case of its own. UPDATE=1 (make golden) writes the files: an entry that changes is a change of what is on
 * the wire, and a reviewer reads it as such. The table of messages is read from the generated headers, so that none can
 * be left out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearth/arena.h>
#include <hearth/json.h>
#include <hearth/status.h>
#include <hearth/text.h>

#include "../../services/runtime/map_field.h"
#include "../support/check_main.h"

#define FOLDER "tests/contract/golden"
#define MADE_BY "make golden"
#define DEPTH_MOST 8
#define CASES_MOST 24

/* The build writes it: all messages of proto/, nested ones too, by name; NULL ends it. */
extern const ProtobufCMessageDescriptor *const every_message[];

enum kind { FULL, MOST, LEAST };

struct filling {
	struct hearth_arena *arena;
	enum kind kind;
	uint32_t member;             /* of the outermost message's oneofs the one to set; 0: the first of each */
};

/* ---- filling ---- */

static ProtobufCMessage *fill(const struct filling *filling, const ProtobufCMessageDescriptor *descriptor, int depth);

static int64_t whole(const struct filling *filling, const ProtobufCFieldDescriptor *field, size_t item, bool wide)
{
	switch (filling->kind) {
	case MOST: return wide ? INT64_MAX : INT32_MAX;
	case LEAST: return wide ? INT64_MIN : INT32_MIN;
	default: return (int64_t)field->id * 1000 + (int64_t)item + 7;
	}
}

static uint64_t natural(const struct filling *filling, const ProtobufCFieldDescriptor *field, size_t item, bool wide)
{
	switch (filling->kind) {
	case MOST: return wide ? UINT64_MAX : UINT32_MAX;
	case LEAST: return 1;
	default: return (uint64_t)field->id * 1000 + item + 7;
	}
}

static double real(const struct filling *filling, const ProtobufCFieldDescriptor *field, bool wide)
{
	switch (filling->kind) {
	case MOST: return wide ? 1.5e300 : 1.5e38;
	case LEAST: return wide ? -1e-300 : -1.25e-38;
	default: return (double)field->id + 0.5;
	}
}

static char *text(const struct filling *filling, const ProtobufCFieldDescriptor *field, size_t item)
{
	if (filling->kind == MOST)
		return hearth_arena_strdup(filling->arena, "\"quoted\" \\ / caf\xc3\xa9 \xf0\x9f\x8f\xa0\t\x7f\n\x01");
	if (filling->kind == LEAST)
		return hearth_arena_strdup(filling->arena, "");
	return hearth_arena_printf(filling->arena, "%s %zu", field->name, item + 1);
}

static ProtobufCBinaryData bytes(const struct filling *filling)
{
	static const char every[] = "\x00\x01\x7f\x80\xfe\xff";
	size_t size = filling->kind == LEAST ? 1 : sizeof every - 1;
	return (ProtobufCBinaryData){ size, (uint8_t *)hearth_arena_memdup(filling->arena, every, size) };
}

static int enumerated(const struct filling *filling, const ProtobufCFieldDescriptor *field, size_t item)
{
	const ProtobufCEnumDescriptor *of = field->descriptor;
	if (filling->kind == LEAST)
		return of->values[0].value;
	return of->values[filling->kind == MOST ? of->n_values - 1 : (item + 1) % of->n_values].value;
}

/* The years that JSON takes: 1900 to 2199. */
static ProtobufCMessage *moment(const struct filling *filling, const ProtobufCMessageDescriptor *descriptor)
{
	ProtobufCMessage *message = hearth_arena_alloc(filling->arena, descriptor->sizeof_message);
	static const int64_t seconds[] = { [FULL] = 1717405200, [MOST] = 7258118399, [LEAST] = -2208988800 };
	static const int32_t nanos[] = { [FULL] = 123000000, [MOST] = 999999999, [LEAST] = 0 };
	protobuf_c_message_init(descriptor, message);
	*(int64_t *)hearth_field_at(&descriptor->fields[0], message) = seconds[filling->kind];
	*(int32_t *)hearth_field_at(&descriptor->fields[1], message) = nanos[filling->kind];
	return message;
}

static void put(const struct filling *filling, const ProtobufCFieldDescriptor *field, size_t item, int depth, void *at)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32: case PROTOBUF_C_TYPE_SINT32: case PROTOBUF_C_TYPE_SFIXED32:
		*(int32_t *)at = (int32_t)whole(filling, field, item, false);
		return;
	case PROTOBUF_C_TYPE_INT64: case PROTOBUF_C_TYPE_SINT64: case PROTOBUF_C_TYPE_SFIXED64:
		*(int64_t *)at = whole(filling, field, item, true);
		return;
	case PROTOBUF_C_TYPE_UINT32: case PROTOBUF_C_TYPE_FIXED32:
		*(uint32_t *)at = (uint32_t)natural(filling, field, item, false);
		return;
	case PROTOBUF_C_TYPE_UINT64: case PROTOBUF_C_TYPE_FIXED64:
		*(uint64_t *)at = natural(filling, field, item, true);
		return;
	case PROTOBUF_C_TYPE_FLOAT:
		*(float *)at = (float)real(filling, field, false);
		return;
	case PROTOBUF_C_TYPE_DOUBLE:
		*(double *)at = real(filling, field, true);
		return;
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)at = filling->kind != LEAST;
		return;
	case PROTOBUF_C_TYPE_ENUM:
		*(int *)at = enumerated(filling, field, item);
		return;
	case PROTOBUF_C_TYPE_STRING:
		*(char **)at = text(filling, field, item);
		return;
	case PROTOBUF_C_TYPE_BYTES:
		*(ProtobufCBinaryData *)at = bytes(filling);
		return;
	case PROTOBUF_C_TYPE_MESSAGE:
		*(ProtobufCMessage **)at = hearth_field_is_timestamp(field) ? moment(filling, field->descriptor)
		                                                            : fill(filling, field->descriptor, depth + 1);
		return;
	}
	ck_abort_msg("%s has a type that this test does not know: %d", field->name, (int)field->type);
}

/* Is it the member of its oneof that this case sets? */
static bool chosen(const struct filling *filling, const ProtobufCMessageDescriptor *descriptor,
                   const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message, int depth)
{
	uint32_t which = *(const uint32_t *)hearth_field_quantifier(field, message);
	if (depth > 0 || filling->member == 0)
		return which == 0;
	const ProtobufCFieldDescriptor *member = protobuf_c_message_descriptor_get_field(descriptor, filling->member);
	return member->quantifier_offset == field->quantifier_offset ? member == field : which == 0;
}

static ProtobufCMessage *fill(const struct filling *filling, const ProtobufCMessageDescriptor *descriptor, int depth)
{
	ProtobufCMessage *message = hearth_arena_alloc(filling->arena, descriptor->sizeof_message);
	ck_assert_msg(depth < DEPTH_MOST, "%s is too deep, or recursive", descriptor->name);
	protobuf_c_message_init(descriptor, message);
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
		void *at = hearth_field_at(field, message);
		if (field->label == PROTOBUF_C_LABEL_REPEATED) {
			size_t count = depth == 0 && filling->kind == FULL ? 2 : 1, width = hearth_field_width(field);
			char *items = hearth_arena_alloc(filling->arena, count * width);
			for (size_t item = 0; item < count; item++)
				put(filling, field, item, depth, items + item * width);
			*(char **)at = items;
			*(size_t *)hearth_field_quantifier(field, message) = count;
			continue;
		}
		if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
			if (!chosen(filling, descriptor, field, message, depth))
				continue;
			*(uint32_t *)hearth_field_quantifier(field, message) = field->id;
		}
		put(filling, field, 0, depth, at);
	}
	return message;
}

/* ---- cases ---- */

struct golden_case {
	char name[80];
	ProtobufCMessage *message;
};

static size_t cases_of(struct hearth_arena *arena, const ProtobufCMessageDescriptor *descriptor,
                       struct golden_case ret_cases[CASES_MOST])
{
	static const char *const names[] = { [FULL] = "full", [MOST] = "most", [LEAST] = "least" };
	size_t count = 0;
	for (enum kind kind = FULL; kind <= LEAST; kind++) {
		const struct filling filling = { arena, kind, 0 };
		snprintf(ret_cases[count].name, sizeof ret_cases->name, "%s", names[kind]);
		ret_cases[count++].message = fill(&filling, descriptor, 0);
		if (descriptor->n_fields == 0)
			return count;
	}
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
		const struct filling filling = { arena, FULL, field->id };
		/* The first member of each oneof stands in "full". */
		if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || hearth_field_is_set(field, ret_cases[0].message))
			continue;
		ck_assert_uint_lt(count, CASES_MOST);
		snprintf(ret_cases[count].name, sizeof ret_cases->name, "of_%s", field->name);
		ret_cases[count++].message = fill(&filling, descriptor, 0);
	}
	return count;
}

static uint8_t *pack(struct hearth_arena *arena, const ProtobufCMessage *message, size_t *ret_size)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *packed = hearth_arena_alloc(arena, size + 1);
	ck_assert_uint_eq(protobuf_c_message_pack(message, packed), size);
	*ret_size = size;
	return packed;
}

static const char *hex(struct hearth_arena *arena, const uint8_t *packed, size_t size)
{
	char *digits = hearth_arena_alloc(arena, size * 2 + 1);
	for (size_t i = 0; i < size; i++)
		snprintf(digits + i * 2, 3, "%02x", packed[i]);
	return digits;
}

static uint8_t *unhex(struct hearth_arena *arena, const char *digits, size_t *ret_size)
{
	size_t size = strlen(digits) / 2;
	uint8_t *packed = hearth_arena_alloc(arena, size + 1);
	for (size_t i = 0; i < size; i++) {
		unsigned byte;
		ck_assert_int_eq(sscanf(digits + i * 2, "%2x", &byte), 1);
		packed[i] = (uint8_t)byte;
	}
	*ret_size = size;
	return packed;
}

/* ---- files: for each case a line of message and case, one of bytes, one of JSON ---- */


static char *path_of(struct hearth_arena *arena, const char *package)
{
	return hearth_arena_printf(arena, FOLDER "/%s.txt", package);
}

static char *read_file(struct hearth_arena *arena, const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat about;
	if (file == NULL)
		return hearth_arena_strdup(arena, "");
	ck_assert_int_eq(fstat(fileno(file), &about), 0);
	char *content = hearth_arena_alloc(arena, (size_t)about.st_size + 1);
	ck_assert_uint_eq(fread(content, 1, (size_t)about.st_size, file), (size_t)about.st_size);
	fclose(file);
	return content;
}

static char *line_of(struct hearth_arena *arena, const char **at)
{
	size_t length = strcspn(*at, "\n");
	char *line = hearth_arena_memdup(arena, *at, length);
	*at += length + ((*at)[length] == '\n');
	return line;
}

/* The entry's bytes and JSON; false: there is none. */
static bool find(struct hearth_arena *arena, const char *content, const char *message, const char *name, char **ret_hex,
                 char **ret_json)
{
	const char *title = hearth_arena_printf(arena, "%s %s", message, name);
	for (const char *at = content; *at != '\0';) {
		bool here = strncmp(at, title, strlen(title)) == 0 && at[strlen(title)] == '\n';
		if (!here) {
			for (int i = 0; i < 3; i++)
				at += strcspn(at, "\n") + 1;
			continue;
		}
		(void)line_of(arena, &at);
		*ret_hex = line_of(arena, &at);
		*ret_json = line_of(arena, &at);
		return true;
	}
	return false;
}

static size_t count_lines(const char *content)
{
	size_t lines = 0;
	for (; *content != '\0'; content++)
		lines += *content == '\n';
	return lines;
}

/* Writes or counts what stands in the package's file. */
typedef void on_case(struct hearth_arena *arena, const struct golden_case *one, void *context);

static size_t on_each_case(struct hearth_arena *arena, const char *package, on_case *run, void *context)
{
	struct golden_case cases[CASES_MOST];
	size_t total = 0;
	for (const ProtobufCMessageDescriptor *const *each = every_message; *each != NULL; each++) {
		if (strcmp((*each)->package_name, package) != 0)
			continue;
		size_t count = cases_of(arena, *each, cases);
		for (size_t i = 0; run != NULL && i < count; i++)
			run(arena, &cases[i], context);
		total += count;
	}
	return total;
}

/* The packages, once each, as the table has them in order. */
static const char *package_at(size_t index)
{
	const char *before = "";
	for (const ProtobufCMessageDescriptor *const *each = every_message; *each != NULL; each++) {
		if (strcmp((*each)->package_name, before) == 0)
			continue;
		before = (*each)->package_name;
		if (index-- == 0)
			return before;
	}
	return NULL;
}

static void write_case(struct hearth_arena *arena, const struct golden_case *one, void *context)
{
	size_t size;
	const uint8_t *packed = pack(arena, one->message, &size);
	fprintf(context, "%s %s\n%s\n%s\n", one->message->descriptor->name, one->name, hex(arena, packed, size),
	        hearth_json_print(arena, one->message, 0));
}

static void update(void)
{
	const char *package;
	struct hearth_arena *arena = hearth_arena_new();
	mkdir(FOLDER, 0755);
	for (size_t i = 0; (package = package_at(i)) != NULL; i++) {
		FILE *file = fopen(path_of(arena, package), "wb");
		ck_assert_ptr_nonnull(file);
		on_each_case(arena, package, write_case, file);
		ck_assert_int_eq(fclose(file), 0);
	}
	hearth_arena_free(&arena);
}

/* ---- tests ---- */

static void check_case(struct hearth_arena *arena, const struct golden_case *one, void *context)
{
	const ProtobufCMessageDescriptor *descriptor = one->message->descriptor;
	struct hearth_status status = HEARTH_STATUS_INIT;
	char *golden_hex, *golden_json;
	size_t size, golden_size, again_size;
	ck_assert_msg(find(arena, context, descriptor->name, one->name, &golden_hex, &golden_json),
	              "%s has no golden entry \"%s\": %s, and read what it changes", descriptor->name, one->name, MADE_BY);
	const uint8_t *packed = pack(arena, one->message, &size), *golden = unhex(arena, golden_hex, &golden_size);
	ck_assert_msg(size == golden_size && memcmp(packed, golden, size) == 0,
	              "%s %s: the bytes are others than those of %s. A new field: %s. Anything else breaks callers.\nnow    %s\n"
	              "golden %s", descriptor->name, one->name, FOLDER, MADE_BY, hex(arena, packed, size), golden_hex);
	ck_assert_str_eq(hearth_json_print(arena, one->message, 0), golden_json);
	ProtobufCMessage *back = protobuf_c_message_unpack(descriptor, hearth_arena_allocator(arena), golden_size, golden);
	ck_assert_msg(back != NULL, "%s %s: the golden bytes are no message", descriptor->name, one->name);
	ck_assert_uint_eq(back->n_unknown_fields, 0);
	const uint8_t *again = pack(arena, back, &again_size);
	ck_assert(again_size == golden_size && memcmp(again, golden, golden_size) == 0);
	ck_assert_str_eq(hearth_json_print(arena, back, 0), golden_json);
	ck_assert_msg(hearth_json_parse(arena, descriptor, golden_json, strlen(golden_json), 0, &back, &status) == 0, "%s %s: %s",
	              descriptor->name, one->name, status.message);
	again = pack(arena, back, &again_size);
	ck_assert_msg(again_size == golden_size && memcmp(again, golden, golden_size) == 0, "%s %s: from JSON come other bytes",
	              descriptor->name, one->name);
}

START_TEST(every_message_has_the_bytes_and_json_that_it_always_had)
{
	const char *package, *wanted = getenv("UPDATE");
	size_t cases = 0;
	if (wanted != NULL && strcmp(wanted, "1") == 0)
		update();
	for (size_t i = 0; (package = package_at(i)) != NULL; i++) {
		struct hearth_arena *arena = hearth_arena_new();
		cases += on_each_case(arena, package, check_case, read_file(arena, path_of(arena, package)));
		hearth_arena_free(&arena);
	}
	ck_assert_uint_gt(cases, 3 * 200);
}
END_TEST

START_TEST(no_golden_entry_is_left_of_what_is_gone)
{
	const char *package;
	struct hearth_arena *arena = hearth_arena_new();
	for (size_t i = 0; (package = package_at(i)) != NULL; i++) {
		size_t lines = count_lines(read_file(arena, path_of(arena, package)));
		size_t cases = on_each_case(arena, package, NULL, NULL);
		ck_assert_msg(lines == cases * 3, "%s has %zu entries for %zu cases: a message or a member of a oneof has gone",
		              path_of(arena, package), lines / 3, cases);
	}
	hearth_arena_free(&arena);
}
END_TEST

static void check_spellings(struct hearth_arena *arena, const struct golden_case *one, void *context)
{
	static const int flags[] = { HEARTH_JSON_DEFAULTS, HEARTH_JSON_PROTO_NAMES, HEARTH_JSON_DEFAULTS | HEARTH_JSON_PROTO_NAMES };
	const ProtobufCMessageDescriptor *descriptor = one->message->descriptor;
	struct hearth_status status = HEARTH_STATUS_INIT;
	ProtobufCMessage *back;
	size_t size, again_size;
	const uint8_t *packed = pack(arena, one->message, &size);
	(void)context;
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		const char *json = hearth_json_print(arena, one->message, flags[i]);
		ck_assert_msg(hearth_json_parse(arena, descriptor, json, strlen(json), 0, &back, &status) == 0, "%s: %s",
		              descriptor->name, status.message);
		const uint8_t *again = pack(arena, back, &again_size);
		ck_assert(again_size == size && memcmp(again, packed, size) == 0);
	}
}

START_TEST(json_with_defaults_or_the_contracts_own_names_is_the_same_message)
{
	const char *package;
	for (size_t i = 0; (package = package_at(i)) != NULL; i++) {
		struct hearth_arena *arena = hearth_arena_new();
		on_each_case(arena, package, check_spellings, NULL);
		hearth_arena_free(&arena);
	}
}
END_TEST

/* One message with a list of each, so that protoc reads and writes all golden bytes in two runs. */
static void write_bundle(const char *folder)
{
	struct hearth_arena *arena = hearth_arena_new();
	FILE *proto = fopen(hearth_arena_printf(arena, "%s/bundle.proto", folder), "w");
	FILE *binary = fopen(hearth_arena_printf(arena, "%s/bundle.bin", folder), "wb");
	struct golden_case cases[CASES_MOST];
	unsigned number = 0;
	ck_assert(proto != NULL && binary != NULL);
	fputs("syntax = \"proto3\";\npackage bundle;\n", proto);
	FILE *listed = popen("cd proto && find hearth -name '*.proto'", "r");
	char path[200];
	while (fgets(path, sizeof path, listed) != NULL)
		fprintf(proto, "import \"%.*s\";\n", (int)strcspn(path, "\n"), path);
	ck_assert_int_eq(pclose(listed), 0);
	fputs("message Bundle {\n", proto);
	for (const ProtobufCMessageDescriptor *const *each = every_message; *each != NULL; each++) {
		size_t count = cases_of(arena, *each, cases);
		fprintf(proto, "  repeated .%s m%u = %u;\n", (*each)->name, number + 1, number + 1);
		number++;
		for (size_t i = 0; i < count; i++) {
			size_t size;
			const uint8_t *packed = pack(arena, cases[i].message, &size);
			uint64_t key = (uint64_t)number << 3 | 2;
			for (; key > 0x7f; key >>= 7)
				fputc((int)(key & 0x7f) | 0x80, binary);
			fputc((int)key, binary);
			uint64_t rest = size;
			for (; rest > 0x7f; rest >>= 7)
				fputc((int)(rest & 0x7f) | 0x80, binary);
			fputc((int)rest, binary);
			fwrite(packed, 1, size, binary);
		}
	}
	fputs("}\n", proto);
	ck_assert(fclose(proto) == 0 && fclose(binary) == 0);
	hearth_arena_free(&arena);
}

START_TEST(the_bytes_are_those_of_protobufs_own_implementation)
{
	char folder[] = "/tmp/hearth-golden.XXXXXX", command[1200];
	ck_assert_ptr_nonnull(mkdtemp(folder));
	write_bundle(folder);
	/* Its text has the names of all fields that it knows, and numbers for others, which cannot be written again. */
	snprintf(command, sizeof command,
	         "set -e; p='protoc -I%s -Iproto -I/usr/include'; $p --decode=bundle.Bundle %s/bundle.proto <%s/bundle.bin"
	         " >%s/text; test -s %s/text; $p --deterministic_output --encode=bundle.Bundle %s/bundle.proto <%s/text"
	         " >%s/again; cmp %s/again %s/bundle.bin", folder, folder, folder, folder, folder, folder, folder, folder, folder,
	         folder);
	int same = system(command);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(same, 0);
}
END_TEST

int main(void)
{
	const struct check_options options = { .timeout = 60 };
	return CHECK_MAIN_WITH(&options, "golden", every_message_has_the_bytes_and_json_that_it_always_had,
	                       no_golden_entry_is_left_of_what_is_gone,
	                       json_with_defaults_or_the_contracts_own_names_is_the_same_message,
	                       the_bytes_are_those_of_protobufs_own_implementation);
}
