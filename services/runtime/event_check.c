/* event_check.c: reads a statement as words, literals and signs, and follows jsonb_build_object through its brackets.
 *
 * Which column an object belongs to is told by the commas before it: those of the select list (or of VALUES) at its own
 * level. Without a column list everything is payload.
 */
#include "event_check.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <hearth/status.h>
#include <hearth/v1/common.pb-c.h>

#define MOST_TEXT 128
#define MOST_DEPTH 16

enum kind { END, WORD, LITERAL, SIGN };

struct token {
	enum kind kind;
	char text[MOST_TEXT];             /* cut when longer: nothing that matters is */
};

struct reader {
	const struct hearth_statement *statement;
	const struct hearth_told *tells;
	const struct hearth_told *type;   /* the event being told */
	const char *at;
	struct token token;
	int item, personal;               /* columns counted from 0: the one being read; that of personal fields or -1 */
	struct hearth_status *status;
};

static bool word_part(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

static void add(struct token *token, size_t *size, char c)
{
	if (*size + 1 < sizeof token->text)
		token->text[(*size)++] = c;
}

static const char *skip_space(const char *at)
{
	for (;;) {
		at += strspn(at, " \t\r\n\f\v");
		if (at[0] == '-' && at[1] == '-') {
			at += strcspn(at, "\n");
		} else if (at[0] == '/' && at[1] == '*') {
			const char *end = strstr(at + 2, "*/");
			at = end ? end + 2 : at + strlen(at);
		} else {
			return at;
		}
	}
}

static void read_quoted(struct reader *reader, char quote, size_t *size)
{
	const char *at = reader->at + 1;
	for (; *at; at++) {
		if (*at == quote && at[1] != quote)
			break;
		at += *at == quote;
		add(&reader->token, size, *at);
	}
	reader->at = *at ? at + 1 : at;
}

static void next(struct reader *reader)
{
	struct token *token = &reader->token;
	size_t size = 0;
	reader->at = skip_space(reader->at);
	char c = *reader->at;
	if (!c) {
		token->kind = END;
	} else if (c == '\'' || c == '"') {
		token->kind = c == '\'' ? LITERAL : WORD;
		read_quoted(reader, c, &size);
	} else if (word_part(c)) {
		token->kind = WORD;
		for (; word_part(*reader->at); reader->at++)
			add(token, &size, *reader->at);
	} else {
		token->kind = SIGN;
		add(token, &size, *reader->at++);
	}
	token->text[size] = '\0';
}

static bool is_word(const struct reader *reader, const char *word)
{
	return reader->token.kind == WORD && strcasecmp(reader->token.text, word) == 0;
}

static bool is_sign(const struct reader *reader, char sign)
{
	return reader->token.kind == SIGN && reader->token.text[0] == sign;
}

static int fail(struct reader *reader, const char *key, const char *what)
{
	return hearth_fail(reader->status, HEARTH_INTERNAL, "EVENT_CONTRACT", "sql/%s.sql: event %s, key \"%s\" %s",
	                   reader->statement->name, reader->type->type, key, what);
}

/* Does the field's name, in lowerCamelCase, read `key`? */
static bool camel_same(const char *name, const char *key)
{
	for (; *name; name++, key++) {
		char c = *name;
		if (c == '_' && name[1])
			c = (char)toupper((unsigned char)*++name);
		if (c != *key)
			return false;
	}
	return !*key;
}

static const ProtobufCFieldDescriptor *field_of(const ProtobufCMessageDescriptor *message, const char *key)
{
	for (unsigned i = 0; i < message->n_fields; i++)
		if (camel_same(message->fields[i].name, key))
			return &message->fields[i];
	return NULL;
}

static bool identifies(const ProtobufCFieldDescriptor *field)
{
	return field->type == PROTOBUF_C_TYPE_MESSAGE &&
	       field->descriptor == (const void *)&hearth__v1__personal_date__descriptor;
}

/* Personal fields stand in the column `personal`, which holds nothing else, and nowhere in `payload`. */
static int check_column(struct reader *reader, const ProtobufCFieldDescriptor *field, const char *key, int depth)
{
	bool personal = reader->item == reader->personal;
	if (personal && depth == 0 && !identifies(field))
		return fail(reader, key, "identifies nobody: it belongs into the column payload");
	if (!personal && identifies(field))
		return fail(reader, key, "identifies a person: it belongs into the column personal, at its top");
	return 0;
}

static int read_object(struct reader *reader, const ProtobufCMessageDescriptor *message, int depth);

/* A value up to the comma or bracket that ends it. Objects in its brackets belong to the key only where nothing but
 * CASE, coalesce or jsonb_agg stands around them; in a subquery too: what is built there is built for this key. */
static int read_value(struct reader *reader, const ProtobufCFieldDescriptor *field, const char *key, int depth)
{
	int brackets = 0;
	while (reader->token.kind != END) {
		if (!brackets && (is_sign(reader, ',') || is_sign(reader, ')')))
			return 0;
		if (is_word(reader, "jsonb_build_object")) {
			if (field->type != PROTOBUF_C_TYPE_MESSAGE)
				return fail(reader, key, "is no message in the contract, but an object in SQL");
			next(reader);
			if (read_object(reader, field->descriptor, depth + 1))
				return -1;
			continue;
		}
		brackets += is_sign(reader, '(') || is_sign(reader, '[');
		brackets -= is_sign(reader, ')') || is_sign(reader, ']');
		next(reader);
	}
	return 0;
}

/* From the bracket that opens the arguments to behind the one that closes them. */
static int read_object(struct reader *reader, const ProtobufCMessageDescriptor *message, int depth)
{
	if (depth > MOST_DEPTH || !is_sign(reader, '('))
		return fail(reader, "", "begins an object that cannot be read");
	next(reader);
	while (!is_sign(reader, ')')) {
		char key[MOST_TEXT];
		if (reader->token.kind != LITERAL)
			return fail(reader, reader->token.text, "is no literal: keys of an event are written out");
		memcpy(key, reader->token.text, sizeof key);
		const ProtobufCFieldDescriptor *field = field_of(message, key);
		if (!field)
			return fail(reader, key, "is no field of the event's message (lowerCamelCase)");
		if (check_column(reader, field, key, depth))
			return -1;
		next(reader);
		if (!is_sign(reader, ','))
			return fail(reader, key, "has no value");
		next(reader);
		if (read_value(reader, field, key, depth))
			return -1;
		if (is_sign(reader, ','))
			next(reader);
		else if (!is_sign(reader, ')'))
			return fail(reader, key, "is not closed");
	}
	next(reader);
	return 0;
}

/* 'hearth.<words>.v<number>' */
static bool is_type(const char *text)
{
	const char *version = strrchr(text, '.');
	if (strncmp(text, "hearth.", 7) != 0 || !version || version[1] != 'v' || !isdigit((unsigned char)version[2]))
		return false;
	return strspn(version + 2, "0123456789") == strlen(version + 2) && version > text + 7;
}

static const struct hearth_told *find_type(const struct hearth_told *tells, const char *type)
{
	for (; tells && tells->type; tells++)
		if (strcmp(tells->type, type) == 0)
			return tells;
	return NULL;
}

static int found_type(struct reader *reader)
{
	reader->type = find_type(reader->tells, reader->token.text);
	if (!reader->type)
		return hearth_fail(reader->status, HEARTH_INTERNAL, "EVENT_CONTRACT",
		                   "sql/%s.sql: event %s is not in the table of what the service tells", reader->statement->name,
		                   reader->token.text);
	next(reader);
	return 0;
}

/* The columns' names in brackets, if they are given. */
static void read_columns(struct reader *reader)
{
	reader->item = 0;
	reader->personal = -1;
	if (!is_sign(reader, '('))
		return;
	for (next(reader); reader->token.kind != END && !is_sign(reader, ')'); next(reader)) {
		reader->item += is_sign(reader, ',');
		if (is_word(reader, "personal"))
			reader->personal = reader->item;
	}
	next(reader);
}

/* INSERT INTO outbox: from there every type and the object that follows it, to the end of the statement part (the
 * bracket that closes the CTE) or of the text. */
static int read_insert(struct reader *reader)
{
	int brackets = 0, level = 0;
	reader->type = NULL;
	read_columns(reader);
	while (reader->token.kind != END && brackets >= 0) {
		if (brackets == 0 && (is_word(reader, "select") || is_word(reader, "values"))) {
			level = is_word(reader, "values");
			reader->item = 0;
		}
		reader->item += brackets == level && is_sign(reader, ',');
		if (level == 1 && brackets == 0 && is_sign(reader, '('))
			reader->item = 0;
		if (reader->token.kind == LITERAL && is_type(reader->token.text)) {
			if (found_type(reader))
				return -1;
			continue;
		}
		if (is_word(reader, "jsonb_build_object") && reader->type) {
			next(reader);
			if (read_object(reader, reader->type->message, 0))
				return -1;
			continue;
		}
		brackets += is_sign(reader, '(');
		brackets -= is_sign(reader, ')');
		next(reader);
	}
	return 0;
}

int hearth_event_check(const struct hearth_statement *statement, const struct hearth_told *tells,
                       struct hearth_status *status)
{
	struct reader reader = { .statement = statement, .tells = tells, .at = statement->text, .status = status };
	next(&reader);
	while (reader.token.kind != END) {
		bool insert = is_word(&reader, "insert");
		next(&reader);
		if (!insert || !is_word(&reader, "into"))
			continue;
		next(&reader);
		if (!is_word(&reader, "outbox"))
			continue;
		next(&reader);
		if (read_insert(&reader))
			return -1;
	}
	return 0;
}
