/* sql.c: loads the .sql files: named parameters become $n, and what the house rules refuse is refused at start.
 *
 * One pass of a small scanner that knows quotes, comments, dollar quotes and casts; it writes the server's text as it
 * goes. The registry owns the texts; names of statements and parameters live as long as it.
 */
#include "sql.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <hearth/arena.h>
#include <hearth/status.h>

#define MOST_NAME 63

struct entry {
	struct hearth_statement statement;
	char *text;
	char *names[HEARTH_PARAMETERS_MOST];
};

struct hearth_statements {
	struct entry **items;
	size_t count, capacity;
};

struct scan {
	const char *file;
	const char *at;
	const char *line_start;           /* of the statement's text, to count lines in errors */
	char *out;
	size_t out_size;
	struct entry *entry;
	char previous[MOST_NAME + 1];     /* last significant word (lower case) or single character */
	char before;                      /* the character just before `at`, or a space */
	bool started, ended, scoped, fresh_plan;
	struct hearth_status *status;
};

static int refuse(struct scan *scan, const char *what)
{
	int line = 1;
	for (const char *at = scan->line_start; at < scan->at; at++)
		line += *at == '\n';
	return hearth_fail(scan->status, HEARTH_INTERNAL, "SQL_FILE", "sql/%s.sql line %d: %s", scan->file, line, what);
}

static void emit(struct scan *scan, const char *text, size_t size)
{
	memcpy(scan->out + scan->out_size, text, size);
	scan->out_size += size;
}

static bool word_start(char c)
{
	return isalpha((unsigned char)c) || c == '_' || (c & 0x80);
}

static bool word_part(char c)
{
	return word_start(c) || isdigit((unsigned char)c) || c == '$';
}

static void passed(struct scan *scan, char c)
{
	scan->previous[0] = c;
	scan->previous[1] = '\0';
	scan->started = true;
}

/* The first character after spaces and comments. */
static const char *significant(const char *at)
{
	for (;;) {
		if (isspace((unsigned char)*at)) {
			at++;
		} else if (at[0] == '-' && at[1] == '-') {
			at += strcspn(at, "\n");
		} else if (at[0] == '/' && at[1] == '*') {
			const char *end = strstr(at + 2, "*/");
			at = end ? end + 2 : at + strlen(at);
		} else {
			return at;
		}
	}
}

static bool same_word(const char *at, const char *word)
{
	size_t size = strlen(word);
	return strncasecmp(at, word, size) == 0 && !word_part(at[size]);
}

/* -- to the end of the line; "scope: supply", "scope: internal" and "plan: fresh" are for us. */
static void line_comment(struct scan *scan)
{
	const char *text = scan->at + 2 + strspn(scan->at + 2, " \t");
	if (strncmp(text, "plan:", 5) == 0 && same_word(text + 5 + strspn(text + 5, " \t"), "fresh"))
		scan->fresh_plan = true;
	if (strncmp(text, "scope:", 6) == 0) {
		text += 6 + strspn(text + 6, " \t");
		if (same_word(text, "supply") || same_word(text, "internal"))
			scan->scoped = true;
	}
	scan->at += strcspn(scan->at, "\n");
	emit(scan, " ", 1);
}

static int block_comment(struct scan *scan)
{
	int depth = 0;
	do {
		if (scan->at[0] == '/' && scan->at[1] == '*') {
			depth++;
			scan->at += 2;
		} else if (scan->at[0] == '*' && scan->at[1] == '/') {
			depth--;
			scan->at += 2;
		} else if (!*scan->at) {
			return refuse(scan, "a comment is not closed");
		} else {
			scan->at++;
		}
	} while (depth);
	emit(scan, " ", 1);
	return 0;
}

static int quoted(struct scan *scan, char quote, bool escapes)
{
	const char *end = scan->at + 1;
	for (;; end++) {
		if (!*end)
			return refuse(scan, "a quote is not closed");
		if (escapes && *end == '\\' && end[1])
			end++;
		else if (*end == quote && end[1] == quote)
			end++;
		else if (*end == quote)
			break;
	}
	emit(scan, scan->at, (size_t)(end + 1 - scan->at));
	scan->at = end + 1;
	passed(scan, quote);
	return 0;
}

/* $tag$ ... $tag$; a lone $ is no part of the house's SQL. */
static int dollar(struct scan *scan)
{
	const char *end = scan->at + 1;
	while (word_part(*end) && *end != '$')
		end++;
	if (*end != '$')
		return refuse(scan, "write parameters as :name, not as $1");
	size_t size = (size_t)(end + 1 - scan->at);
	char tag[MOST_NAME + 1];
	if (size > MOST_NAME)
		return refuse(scan, "the tag of a dollar quote is too long");
	memcpy(tag, scan->at, size);
	tag[size] = '\0';
	const char *close = strstr(end + 1, tag);
	if (!close)
		return refuse(scan, "a dollar quote is not closed");
	emit(scan, scan->at, (size_t)(close - scan->at) + size);
	scan->at = close + size;
	passed(scan, '\'');
	return 0;
}

static int parameter(struct scan *scan)
{
	const char *start = scan->at + 1, *end = start;
	while (word_part(*end))
		end++;
	size_t size = (size_t)(end - start), index = 0;
	struct hearth_statement *statement = &scan->entry->statement;
	if (size > MOST_NAME)
		return refuse(scan, "the name of a parameter is too long");
	for (; index < statement->parameter_count; index++) {
		const char *name = statement->parameters[index].name;
		if (strncmp(name, start, size) == 0 && !name[size])
			break;
	}
	if (index == HEARTH_PARAMETERS_MOST)
		return refuse(scan, "more than 64 parameters");
	if (index == statement->parameter_count) {
		char *name = hearth_alloc(size + 1);
		memcpy(name, start, size);
		name[size] = '\0';
		scan->entry->names[index] = name;
		statement->parameters[index].name = name;
		statement->parameter_count++;
	}
	char number[24];
	int digits = snprintf(number, sizeof number, "$%zu", index + 1);
	emit(scan, number, (size_t)digits);
	scan->at = end;
	passed(scan, ':');
	return 0;
}

static int refused_word(struct scan *scan, const char *word, const char *after)
{
	static const char *const calls[] = { "now", "clock_timestamp", "statement_timestamp", "transaction_timestamp",
		"timeofday", NULL };
	static const char *const values[] = { "current_date", "current_time", "current_timestamp", "localtime",
		"localtimestamp", NULL };
	for (size_t i = 0; calls[i]; i++)
		if (strcmp(word, calls[i]) == 0 && *after == '(')
			return refuse(scan, "SQL never asks the time: write :now::timestamptz or :today::date");
	for (size_t i = 0; values[i]; i++)
		if (strcmp(word, values[i]) == 0 && strcmp(scan->previous, ".") != 0)
			return refuse(scan, "SQL never asks the time: write :now::timestamptz or :today::date");
	return 0;
}

static int word(struct scan *scan)
{
	const char *end = scan->at;
	char lower[MOST_NAME + 1];
	size_t size = 0;
	for (; word_part(*end); end++)
		if (size < MOST_NAME)
			lower[size++] = (char)tolower((unsigned char)*end);
	lower[size] = '\0';
	if (refused_word(scan, lower, significant(end)))
		return -1;
	emit(scan, scan->at, (size_t)(end - scan->at));
	scan->at = end;
	bool escapes = strcmp(lower, "e") == 0 && *end == '\'';
	memcpy(scan->previous, lower, size + 1);
	scan->started = true;
	return escapes ? quoted(scan, '\'', true) : 0;
}

/* A select item, not a product, count(*) or an operator such as ~*. */
static bool is_select_star(const struct scan *scan)
{
	static const char *const openers[] = { "select", "all", "distinct", "returning", ",", ".", NULL };
	if (strchr("~!@#%^&|<>=+-/", scan->before))
		return false;
	for (size_t i = 0; openers[i]; i++)
		if (strcmp(scan->previous, openers[i]) == 0)
			return true;
	const char *next = significant(scan->at + 1);
	bool ends = !*next || *next == ',' || *next == ')' || *next == ';' || same_word(next, "from");
	return ends && strcmp(scan->previous, "(") != 0;
}

static int symbol(struct scan *scan)
{
	char c = *scan->at;
	if (c == '*' && is_select_star(scan))
		return refuse(scan, "name the columns: `*` breaks prepared statements when a column is added");
	if (c == ';') {
		if (*significant(scan->at + 1))
			return refuse(scan, "a file holds one statement");
		scan->ended = true;
		scan->at++;
		return 0;
	}
	size_t size = c == ':' && scan->at[1] == ':' ? 2 : 1;
	emit(scan, scan->at, size);
	scan->at += size;
	passed(scan, c);
	return 0;
}

static int token(struct scan *scan)
{
	const char *at = scan->at;
	if (isspace((unsigned char)*at)) {
		emit(scan, scan->at++, 1);
		return 0;
	}
	if (at[0] == '-' && at[1] == '-') {
		line_comment(scan);
		return 0;
	}
	if (at[0] == '/' && at[1] == '*')
		return block_comment(scan);
	if (*at == '\'' || *at == '"')
		return quoted(scan, *at, false);
	if (*at == '$')
		return dollar(scan);
	if (*at == ':' && word_start(at[1]))
		return parameter(scan);
	if (word_start(*at))
		return word(scan);
	return symbol(scan);
}

static void entry_free(struct entry *entry)
{
	for (size_t i = 0; i < HEARTH_PARAMETERS_MOST; i++)
		free(entry->names[i]);
	free(entry->text);
	free(entry);
}

static int scan_file(struct entry *entry, const struct hearth_file *file, struct hearth_status *status)
{
	struct scan scan = { .file = file->name, .at = file->text, .line_start = file->text, .entry = entry,
		.before = ' ', .status = status };
	size_t parameters = 0;
	for (const char *at = file->text; *at; at++)
		parameters += *at == ':';
	/* "$64" may be longer than ":a". */
	entry->text = scan.out = hearth_alloc(strlen(file->text) + parameters * 2 + 1);
	while (*scan.at) {
		if (token(&scan))
			return -1;
		scan.before = scan.at > file->text ? scan.at[-1] : ' ';
	}
	while (scan.out_size && isspace((unsigned char)scan.out[scan.out_size - 1]))
		scan.out_size--;
	scan.out[scan.out_size] = '\0';
	if (!scan.started)
		return refuse(&scan, "no statement");
	bool has_authority = false;
	for (size_t i = 0; i < entry->statement.parameter_count; i++)
		has_authority |= strcmp(entry->statement.parameters[i].name, "authority") == 0;
	if (!has_authority && !scan.scoped)
		return refuse(&scan, "no :authority, and neither `-- scope: supply` nor `-- scope: internal` says why");
	entry->statement.supply = scan.scoped;
	entry->statement.fresh_plan = scan.fresh_plan;
	return 0;
}

static struct entry *entry_new(const struct hearth_file *file, struct hearth_status *status)
{
	struct entry *entry = hearth_alloc(sizeof *entry);
	memset(entry, 0, sizeof *entry);
	if (!*file->name || strlen(file->name) > MOST_NAME - 8) {
		hearth_fail(status, HEARTH_INTERNAL, "SQL_FILE", "sql/%s.sql: the name has 1 to %d characters", file->name,
		            MOST_NAME - 8);
		entry_free(entry);
		return NULL;
	}
	entry->statement.name = file->name;
	if (scan_file(entry, file, status)) {
		entry_free(entry);
		return NULL;
	}
	entry->statement.text = entry->text;
	return entry;
}

static void put(struct hearth_statements *statements, struct entry *entry)
{
	for (size_t i = 0; i < statements->count; i++) {
		if (strcmp(statements->items[i]->statement.name, entry->statement.name) == 0) {
			entry_free(statements->items[i]);
			statements->items[i] = entry;
			return;
		}
	}
	if (statements->count == statements->capacity) {
		statements->capacity = statements->capacity ? statements->capacity * 2 : 64;
		statements->items = hearth_realloc(statements->items, statements->capacity * sizeof(struct entry *));
	}
	statements->items[statements->count++] = entry;
}

struct hearth_statements *hearth_statements_new(const struct hearth_file *const *tables, struct hearth_status *status)
{
	struct hearth_statements *statements = hearth_alloc(sizeof *statements);
	memset(statements, 0, sizeof *statements);
	for (; *tables; tables++) {
		for (const struct hearth_file *file = *tables; file->name; file++) {
			struct entry *entry = entry_new(file, status);
			if (!entry) {
				hearth_statements_free(&statements);
				return NULL;
			}
			put(statements, entry);
		}
	}
	return statements;
}

void hearth_statements_free(struct hearth_statements **statements)
{
	if (!*statements)
		return;
	for (size_t i = 0; i < (*statements)->count; i++)
		entry_free((*statements)->items[i]);
	free((*statements)->items);
	free(*statements);
	*statements = NULL;
}

struct hearth_statement *hearth_statements_find(struct hearth_statements *statements, const char *name)
{
	for (size_t i = 0; i < statements->count; i++)
		if (strcmp(statements->items[i]->statement.name, name) == 0)
			return &statements->items[i]->statement;
	return NULL;
}

size_t hearth_statements_count(const struct hearth_statements *statements)
{
	return statements->count;
}

struct hearth_statement *hearth_statements_at(struct hearth_statements *statements, size_t index)
{
	return &statements->items[index]->statement;
}
