/* descriptors.c: a FileDescriptorSet: its symbols by name, and their comments. See hearth/descriptors.h. */
#include "descriptors_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/text.h>

#include "wire_check.h"

#define SET_DEPTH_MOST 24        /* of the set's own messages: files, types in types, options */

typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__DescriptorProto message_proto;
typedef Google__Protobuf__EnumDescriptorProto enum_proto;
typedef Google__Protobuf__ServiceDescriptorProto service_proto;
typedef Google__Protobuf__SourceCodeInfo__Location location_proto;

int descriptors_bad(struct hearth_status *status, const char *what, const char *name)
{
	return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "BAD_DESCRIPTORS", "the contracts cannot be used: %.100s: %s",
	                   name ? name : "?", what);
}

/* ---- names ---- */

static bool is_name(const char *name, bool dotted)
{
	size_t size = 0;
	for (const char *at = name; *at; at++, size++) {
		bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '_';
		bool begins = at == name || at[-1] == '.';
		if (!letter && !(dotted && *at == '.' && !begins) && !(*at >= '0' && *at <= '9' && !begins))
			return false;
	}
	return size > 0 && size <= DESCRIPTORS_NAME_MOST && name[size - 1] != '.';
}

const char *descriptors_join(struct hearth_arena *arena, const char *scope, const char *name)
{
	if (!name || !is_name(name, false) || strlen(scope) + strlen(name) >= DESCRIPTORS_NAME_MOST)
		return NULL;
	return hearth_arena_printf(arena, "%s%s%s", scope, *scope ? "." : "", name);
}

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct descriptors_entry *)left)->name, ((const struct descriptors_entry *)right)->name);
}

struct descriptors_entry *descriptors_find(const struct descriptors_list *list, const char *name)
{
	const struct descriptors_entry wanted = { .name = name };
	return list->count ? bsearch(&wanted, list->entries, list->count, sizeof wanted, by_name) : NULL;
}

static void add_entry(struct descriptors_list *list, const char *name, const void *source)
{
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->entries = hearth_realloc(list->entries, list->room * sizeof *list->entries);
	}
	list->entries[list->count++] = (struct descriptors_entry){ .name = name, .source = source };
}

static int sort_entries(struct descriptors_list *list, struct hearth_status *status)
{
	if (list->count)
		qsort(list->entries, list->count, sizeof *list->entries, by_name);
	for (size_t i = 1; i < list->count; i++)
		if (strcmp(list->entries[i - 1].name, list->entries[i].name) == 0)
			return descriptors_bad(status, "the name stands twice", list->entries[i].name);
	return 0;
}

static int add_symbol(struct hearth_descriptors *descriptors, struct descriptors_list *list, const char *scope,
                      const char *name, const void *source, const char **ret_full, struct hearth_status *status)
{
	const char *full = descriptors_join(descriptors->arena, scope, name);
	if (!full)
		return descriptors_bad(status, "it holds a name that is none", scope);
	add_entry(list, full, source);
	*ret_full = full;
	return 0;
}

/* How deep types lie in types is bounded by SET_DEPTH_MOST. */
static int add_message(struct hearth_descriptors *descriptors, const char *scope, const message_proto *message,
                       struct hearth_status *status)
{
	const char *full, *ignored;
	if (add_symbol(descriptors, &descriptors->messages, scope, message->name, message, &full, status) < 0)
		return -1;
	if (message->options && message->options->map_entry)
		return descriptors_bad(status, "maps are not used here", full);
	for (size_t i = 0; i < message->n_nested_type; i++)
		if (add_message(descriptors, full, message->nested_type[i], status) < 0)
			return -1;
	for (size_t i = 0; i < message->n_enum_type; i++)
		if (add_symbol(descriptors, &descriptors->enums, full, message->enum_type[i]->name, message->enum_type[i], &ignored,
		               status) < 0)
			return -1;
	return 0;
}

static int add_file(struct hearth_descriptors *descriptors, const file_proto *file, const char *package,
                    struct hearth_status *status)
{
	const char *ignored;
	for (size_t i = 0; i < file->n_message_type; i++)
		if (add_message(descriptors, package, file->message_type[i], status) < 0)
			return -1;
	for (size_t i = 0; i < file->n_enum_type; i++)
		if (add_symbol(descriptors, &descriptors->enums, package, file->enum_type[i]->name, file->enum_type[i], &ignored,
		               status) < 0)
			return -1;
	for (size_t i = 0; i < file->n_service; i++)
		if (add_symbol(descriptors, &descriptors->services, package, file->service[i]->name, file->service[i], &ignored,
		               status) < 0)
			return -1;
	return 0;
}

/* ---- comments ---- */

/* `sub` holds what the path's next number is about; the name of its item, or NULL. `ret_next` is the message that the
 * path goes on in. */
static const char *step_name(const message_proto *message, int32_t number, int32_t index, const message_proto **ret_next,
                             const enum_proto **ret_enum)
{
	size_t at = (size_t)index;
	if (index < 0)
		return NULL;
	if (number == 2 && at < message->n_field)
		return message->field[at]->name;
	if (number == 3 && at < message->n_nested_type)
		return (*ret_next = message->nested_type[at])->name;
	if (number == 4 && at < message->n_enum_type)
		return (*ret_enum = message->enum_type[at])->name;
	return NULL;
}

static const char *top_name(const file_proto *file, int32_t number, int32_t index, const message_proto **ret_message,
                            const enum_proto **ret_enum, const service_proto **ret_service)
{
	size_t at = (size_t)index;
	if (index < 0)
		return NULL;
	if (number == 4 && at < file->n_message_type)
		return (*ret_message = file->message_type[at])->name;
	if (number == 5 && at < file->n_enum_type)
		return (*ret_enum = file->enum_type[at])->name;
	if (number == 6 && at < file->n_service)
		return (*ret_service = file->service[at])->name;
	return NULL;
}

/* The symbol that a location is about, or NULL: pairs of what and which, from the file down. */
static const char *located(struct hearth_arena *arena, const file_proto *file, const char *package,
                           const location_proto *location)
{
	const message_proto *message = NULL;
	const enum_proto *enumeration = NULL;
	const service_proto *service = NULL;
	const char *symbol = package;
	if (location->n_path == 0 || location->n_path % 2)
		return NULL;
	for (size_t i = 0; i < location->n_path; i += 2) {
		int32_t number = location->path[i], index = location->path[i + 1];
		const message_proto *outer = message;
		const char *name = NULL;
		message = NULL;
		if (i == 0)
			name = top_name(file, number, index, &message, &enumeration, &service);
		else if (outer)
			name = step_name(outer, number, index, &message, &enumeration);
		else if (enumeration && number == 2 && index >= 0 && (size_t)index < enumeration->n_value)
			name = enumeration->value[index]->name;
		else if (service && number == 2 && index >= 0 && (size_t)index < service->n_method)
			name = service->method[index]->name;
		symbol = name ? descriptors_join(arena, symbol, name) : NULL;
		if (!symbol)
			return NULL;
	}
	return symbol;
}

/* One space after the slashes is taken away, and what a terminal would obey. */
static const char *clean(struct hearth_arena *arena, const char *before, const char *after)
{
	size_t first = before ? strlen(before) : 0, size = 0;
	const char *whole = hearth_arena_printf(arena, "%s%s%s", before ? before : "",
	                                        first && after && before[first - 1] != '\n' ? "\n" : "", after ? after : "");
	char *text = hearth_arena_alloc(arena, strlen(whole) + 1);
	if (!hearth_utf8_valid(whole, strlen(whole)))
		return "";
	for (const char *at = whole; *at; at++)
		if (*at != ' ' || (at != whole && at[-1] != '\n'))
			text[size++] = *at == '\n' || (unsigned char)*at >= ' ' ? *at : ' ';
	while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == ' '))
		size--;
	text[size] = '\0';
	return text;
}

static void add_comments(struct hearth_descriptors *descriptors, const file_proto *file, const char *package)
{
	const Google__Protobuf__SourceCodeInfo *info = file->source_code_info;
	for (size_t i = 0; info && i < info->n_location; i++) {
		const location_proto *location = info->location[i];
		if (!location->leading_comments && !location->trailing_comments)
			continue;
		const char *symbol = located(descriptors->arena, file, package, location);
		if (!symbol)
			continue;
		if (descriptors->comment_count == descriptors->comment_room) {
			descriptors->comment_room = descriptors->comment_room ? 2 * descriptors->comment_room : 256;
			descriptors->comments = hearth_realloc(descriptors->comments,
			                                       descriptors->comment_room * sizeof *descriptors->comments);
		}
		descriptors->comments[descriptors->comment_count++] = (struct descriptors_comment){
			symbol, clean(descriptors->arena, location->leading_comments, location->trailing_comments) };
	}
}

static int by_symbol(const void *left, const void *right)
{
	return strcmp(((const struct descriptors_comment *)left)->symbol, ((const struct descriptors_comment *)right)->symbol);
}

const char *hearth_descriptors_comment(const struct hearth_descriptors *descriptors, const char *symbol)
{
	const struct descriptors_comment wanted = { symbol, NULL }, *found = NULL;
	if (descriptors->comment_count)
		found = bsearch(&wanted, descriptors->comments, descriptors->comment_count, sizeof wanted, by_symbol);
	return found ? found->text : "";
}

/* ---- the set ---- */

static int index_set(struct hearth_descriptors *descriptors, const Google__Protobuf__FileDescriptorSet *set,
                     struct hearth_status *status)
{
	for (size_t i = 0; i < set->n_file; i++) {
		const file_proto *file = set->file[i];
		const char *package = file->package ? file->package : "";
		if (!file->syntax || strcmp(file->syntax, "proto3") != 0)
			continue;
		if (*package && !is_name(package, true))
			return descriptors_bad(status, "a package's name is none", "the set");
		if (add_file(descriptors, file, package, status) < 0)
			return -1;
		add_comments(descriptors, file, package);
	}
	if (descriptors->comment_count)
		qsort(descriptors->comments, descriptors->comment_count, sizeof *descriptors->comments, by_symbol);
	if (sort_entries(&descriptors->messages, status) < 0 || sort_entries(&descriptors->enums, status) < 0 ||
	    sort_entries(&descriptors->services, status) < 0)
		return -1;
	return 0;
}

static int load(struct hearth_descriptors *descriptors, const void *bytes, size_t size, struct hearth_status *status)
{
	const ProtobufCMessageDescriptor *kind = &google__protobuf__file_descriptor_set__descriptor;
	if (size > HEARTH_DESCRIPTORS_BYTES_MOST)
		return descriptors_bad(status, "over 1 MB", "the set");
	if (hearth_wire_check(kind, bytes, size, status) < 0 || hearth_wire_deeper(kind, bytes, size, SET_DEPTH_MOST))
		return descriptors_bad(status, "too deep, or a text with a NUL", "the set");
	const Google__Protobuf__FileDescriptorSet *set = (Google__Protobuf__FileDescriptorSet *)
		protobuf_c_message_unpack(kind, hearth_arena_allocator(descriptors->arena), size, bytes);
	if (!set)
		return descriptors_bad(status, "it is no FileDescriptorSet", "the set");
	if (index_set(descriptors, set, status) < 0)
		return -1;
	return descriptors_build(descriptors, status);
}

struct hearth_descriptors *hearth_descriptors_new(const void *bytes, size_t size, struct hearth_status *status)
{
	struct hearth_descriptors *descriptors = hearth_alloc(sizeof *descriptors);
	*descriptors = (struct hearth_descriptors){ .arena = hearth_arena_new() };
	if (load(descriptors, bytes, size, status) < 0)
		hearth_descriptors_free(&descriptors);
	return descriptors;
}

void hearth_descriptors_free(struct hearth_descriptors **descriptors)
{
	struct hearth_descriptors *gone = *descriptors;
	if (!gone)
		return;
	free(gone->messages.entries);
	free(gone->enums.entries);
	free(gone->services.entries);
	free(gone->comments);
	hearth_arena_free(&gone->arena);
	free(gone);
	*descriptors = NULL;
}

/* ---- looking up ---- */

static const void *made_of(const struct descriptors_list *list, const char *name)
{
	const struct descriptors_entry *entry = descriptors_find(list, name);
	return entry ? entry->made : NULL;
}

static const void *made_at(const struct descriptors_list *list, size_t index)
{
	return index < list->count ? list->entries[index].made : NULL;
}

const ProtobufCServiceDescriptor *hearth_descriptors_service(const struct hearth_descriptors *descriptors, const char *name)
{
	return made_of(&descriptors->services, name);
}

const ProtobufCMessageDescriptor *hearth_descriptors_message(const struct hearth_descriptors *descriptors, const char *name)
{
	return made_of(&descriptors->messages, name);
}

const ProtobufCEnumDescriptor *hearth_descriptors_enum(const struct hearth_descriptors *descriptors, const char *name)
{
	return made_of(&descriptors->enums, name);
}

const ProtobufCServiceDescriptor *hearth_descriptors_service_at(const struct hearth_descriptors *descriptors, size_t index)
{
	return made_at(&descriptors->services, index);
}

const ProtobufCMessageDescriptor *hearth_descriptors_message_at(const struct hearth_descriptors *descriptors, size_t index)
{
	return made_at(&descriptors->messages, index);
}

const ProtobufCEnumDescriptor *hearth_descriptors_enum_at(const struct hearth_descriptors *descriptors, size_t index)
{
	return made_at(&descriptors->enums, index);
}
