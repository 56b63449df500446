/* import_returns.c: finds the returns below a folder by the columns of their tables, and the year of each. The names of
 * folders and files are not trusted. */
#include "import.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <hearth/clock.h>
#include <hearth/text.h>

#define ENTRIES_MOST 10000
#define YEAR_LEAST 2000                /* older is a typing error; placements takes none */

static struct csv_table tables[IMPORT_TABLES + 16];

static const struct csv_table *all_tables(void)
{
	tables[IMPORT_EPISODES] = (struct csv_table){ "episodes", ssda903_episode_columns };
	tables[IMPORT_HEADER] = (struct csv_table){ "header", ssda903_header_columns };
	tables[IMPORT_UASC] = (struct csv_table){ "uasc", ssda903_uasc_columns };
	for (size_t i = 0; ssda903_others[i].name != NULL; i++)
		tables[IMPORT_TABLES + i] = (struct csv_table){ ssda903_others[i].name, ssda903_others[i].columns };
	return tables;
}

/* ---- one file ----------------------------------------------------------------------------------------------------- */

struct look {
	const struct csv_table *table, *nearest;
	size_t places[CSV_FIELDS_MOST];
	size_t columns;
	char difference[160];
};

static int look_at_header(void *context, const struct csv_row *row)
{
	struct look *look = context;
	look->table = import_csv_recognise(all_tables(), row, look->places);
	look->columns = row->count;
	if (look->table == NULL) {
		look->nearest = import_csv_nearest(all_tables(), row);
		if (look->nearest != NULL)
			import_csv_difference(look->nearest, NULL, row, sizeof(look->difference), look->difference);
	}
	return 1;
}

static void ignore_file(struct import *import, const char *path, const char *why)
{
	json_array_append_new(import->ignored, json_pack("{s:s, s:s}", "file", path, "why", why));
	if (!import->quiet && !import->cli->json)
		fprintf(stderr, "%s: not read: %s\n", path, why);
}

static void report_file(struct import *import, const char *path, enum ssda903_kind kind, const char *what)
{
	struct import_place place = { .path = path, .line = 1 };
	struct ssda903_findings findings = { .count = 0 };
	ssda903_find(&findings, kind, "", kind == SSDA903_UNKNOWN_TABLE ? "a header of other columns" : "unreadable",
	             "%s; nothing of this file was loaded", what);
	import_report(import, &place, &findings);
}

/* Adds the file when it is a table that is read; says so when it is nearly one. */
static void take_file(struct import *import, struct import_return *one, char *path)
{
	struct look look = { .table = NULL };
	struct hearth_status status = HEARTH_STATUS_INIT;
	if (import_csv_read(path, look_at_header, &look, &status) < 0) {
		report_file(import, path, SSDA903_UNREADABLE_FILE, status.message);
	} else if (look.table != NULL && look.table - tables < IMPORT_TABLES) {
		one->files = hearth_realloc(one->files, (one->file_count + 1) * sizeof(*one->files));
		struct import_file *file = &one->files[one->file_count++];
		*file = (struct import_file){ .path = path, .table = (enum import_table)(look.table - tables),
			                      .columns = look.columns };
		memcpy(file->places, look.places, sizeof(file->places));
		return;
	} else if (look.table != NULL) {
		ignore_file(import, path, look.table->name);
	} else if (look.nearest != NULL && look.nearest - tables < IMPORT_TABLES) {
		char what[200];
		snprintf(what, sizeof(what), "%s table, %s", look.nearest->name, look.difference);
		report_file(import, path, SSDA903_UNKNOWN_TABLE, what);
	} else {
		ignore_file(import, path, "no table of the return");
	}
	free(path);
}

/* ---- folders ------------------------------------------------------------------------------------------------------ */

static char *joined(const char *folder, const char *name)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char *path = hearth_alloc(size);
	bool slash = folder[0] != '\0' && folder[strlen(folder) - 1] == '/';
	snprintf(path, size, "%s%s%s", folder, slash ? "" : "/", name);
	return path;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a folder, sorted, without hidden ones. -1: it cannot be opened. */
static int list_folder(const char *folder, char ***ret_names, size_t *ret_count)
{
	DIR *directory = opendir(folder);
	if (directory == NULL)
		return -1;
	char **names = NULL;
	size_t count = 0;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL && count < ENTRIES_MOST;) {
		if (entry->d_name[0] == '.')
			continue;
		names = hearth_realloc(names, (count + 1) * sizeof(*names));
		names[count++] = hearth_strdup(entry->d_name);
	}
	closedir(directory);
	if (count > 0)
		qsort(names, count, sizeof(*names), by_name);
	*ret_names = names;
	*ret_count = count;
	return 0;
}

static bool is_csv(const char *name)
{
	size_t size = strlen(name);
	return size > 4 && hearth_text_same(name + size - 4, ".csv");
}

static bool has_table(const struct import_return *one, enum import_table table)
{
	for (size_t i = 0; i < one->file_count; i++)
		if (one->files[i].table == table)
			return true;
	return false;
}

static void drop_return(struct import_return *one)
{
	for (size_t i = 0; i < one->file_count; i++)
		free(one->files[i].path);
	free(one->files);
	free(one->folder);
}

/* The folder's own tables as one return; without an episodes table it is none. */
static void take_folder(struct import *import, const char *folder, char **names, size_t count)
{
	struct import_return one = { .folder = hearth_strdup(folder) };
	for (size_t i = 0; i < count; i++)
		if (is_csv(names[i]))
			take_file(import, &one, joined(folder, names[i]));
	if (!has_table(&one, IMPORT_EPISODES)) {
		if (one.file_count > 0)
			ignore_file(import, folder, "a folder without an episodes table");
		drop_return(&one);
		return;
	}
	import->returns = hearth_realloc(import->returns, (import->return_count + 1) * sizeof(*import->returns));
	import->returns[import->return_count++] = one;
}

static void take_subfolder(struct import *import, char *path)
{
	struct stat about;
	char **names;
	size_t count;
	if (stat(path, &about) == 0 && S_ISDIR(about.st_mode) && list_folder(path, &names, &count) == 0) {
		take_folder(import, path, names, count);
		for (size_t i = 0; i < count; i++)
			free(names[i]);
		free(names);
	}
	free(path);
}

int import_find_returns(struct import *import, const char *directory, struct hearth_status *status)
{
	char **names;
	size_t count, before = import->return_count;
	if (list_folder(directory, &names, &count) != 0)
		return import_fail_open(status, directory);
	take_folder(import, directory, names, count);
	for (size_t i = 0; i < count; i++) {
		if (!is_csv(names[i]))
			take_subfolder(import, joined(directory, names[i]));
		free(names[i]);
	}
	free(names);
	if (import->return_count == before)
		return hearth_fail(status, HEARTH_NOT_FOUND, "NO_RETURN",
		                   "%s: no table with the columns of an SSDA903 episodes table is in it or in its folders",
		                   directory);
	return 0;
}

/* ---- years -------------------------------------------------------------------------------------------------------- */

struct latest {
	size_t place;
	size_t rows;
	int32_t day;
};

static int look_at_decom(void *context, const struct csv_row *row)
{
	struct latest *latest = context;
	int32_t day;
	if (latest->rows++ > 0 && latest->place < row->count && ssda903_date(row->fields[latest->place], &day) == 0
	    && day > latest->day)
		latest->day = day;
	return 0;
}

static int year_of(const struct import_return *one)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	int32_t day = SSDA903_NO_DATE;
	for (size_t i = 0; i < one->file_count; i++) {
		if (one->files[i].table != IMPORT_EPISODES)
			continue;
		/* DECOM is the second column of the table. A file that breaks off is reported when its rows are read. */
		struct latest latest = { .place = one->files[i].places[1], .day = day };
		(void)import_csv_read(one->files[i].path, look_at_decom, &latest, &status);
		day = latest.day;
	}
	return day == SSDA903_NO_DATE ? 0 : ssda903_year_of(day);
}

static int by_year(const void *a, const void *b)
{
	const struct import_return *x = a, *y = b;
	return x->year != y->year ? (x->year > y->year) - (x->year < y->year) : strcmp(x->folder, y->folder);
}

int import_set_years(struct import *import, int year, struct hearth_status *status)
{
	char today[HEARTH_DATE_SIZE];
	int32_t day = 0;
	hearth_clock_today(today);
	(void)hearth_date_parse(today, &day);
	int latest = ssda903_year_of(day) + 1;
	for (size_t i = 0; i < import->return_count; i++) {
		struct import_return *one = &import->returns[i];
		one->year = year != 0 ? year : year_of(one);
		if (one->year == 0)
			return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "NO_YEAR",
			                   "%s: no row has a readable DECOM to tell the year by; give --year", one->folder);
		if (one->year < YEAR_LEAST || one->year > latest)
			return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "NO_YEAR",
			                   "%s: the latest DECOM makes it the return of %d; give --year if it is another", one->folder,
			                   one->year);
	}
	qsort(import->returns, import->return_count, sizeof(*import->returns), by_year);
	return 0;
}
