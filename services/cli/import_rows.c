/* import_rows.c: reads the rows of all returns, checks each, and merges them: of a child's episodes with one DECOM, and
 * of a child's header rows, the latest year's counts. */
#include "import.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PASS_BYTES (32u << 20)         /* of files, for each pass */

struct reading {
	struct import *import;
	struct import_return *one;
	const struct import_file *file;
	size_t rows;
};

static void *room(void *items, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return items;
	*room = *room == 0 ? 256 : 2 * *room;
	return hearth_realloc(items, *room * size);
}

static void add_child(struct import *import, const struct ssda903_child *row, int year, bool header,
                      const struct import_place *place)
{
	import->children = room(import->children, import->child_count, &import->child_room, sizeof(*import->children));
	import->children[import->child_count] = (struct import_child){
		.row = *row, .year = year, .order = import->child_count, .has_header = header, .place = *place };
	import->child_count++;
}

static void add_episode(struct import *import, const struct ssda903_episode *row, int year,
                        const struct import_place *place)
{
	import->episodes = room(import->episodes, import->episode_count, &import->episode_room, sizeof(*import->episodes));
	import->episodes[import->episode_count] = (struct import_episode){
		.row = *row, .year = year, .order = import->episode_count, .place = *place };
	import->episode_count++;
}

static void check_row(struct reading *reading, const char *const *fields, const struct import_place *place,
                      struct ssda903_findings *findings)
{
	struct import *import = reading->import;
	struct ssda903_codes codes = { .items = import->code_items, .count = import->code_count };
	struct ssda903_episode episode;
	struct ssda903_child child;
	int year = reading->one->year;
	if (reading->file->table == IMPORT_EPISODES) {
		if (ssda903_check_episode(fields, &codes, year, &episode, findings))
			add_episode(import, &episode, year, place);
	} else if (reading->file->table == IMPORT_HEADER) {
		if (ssda903_check_header(fields, &child, findings))
			add_child(import, &child, year, true, place);
	} else if (ssda903_check_uasc(fields, &child, findings)) {
		add_child(import, &child, year, false, place);
	}
}

/* Rows in which no child can be seen belong to the first pass. */
static bool of_this_pass(const struct reading *reading, const struct csv_row *row)
{
	const struct import *import = reading->import;
	uint32_t hash = 2166136261u;
	if (import->passes == 1)
		return true;
	if (row->count == reading->file->columns)        /* CHILD is the first column of every table */
		for (const char *at = row->fields[reading->file->places[0]]; *at != '\0'; at++)
			hash = (hash ^ (unsigned char)*at) * 16777619u;
	else
		hash = 0;
	return (hash >> 8) % import->passes == import->pass;
}

static int take_row(void *context, const struct csv_row *row)
{
	struct reading *reading = context;
	if (reading->rows++ == 0 || !of_this_pass(reading, row))
		return 0;                  /* the header, or another pass's */
	reading->one->rows[reading->file->table]++;
	struct import_place place = { .path = reading->file->path, .line = row->line };
	struct ssda903_findings findings = { .count = 0 };
	if (row->count != reading->file->columns) {
		char width[32];
		snprintf(width, sizeof(width), "%zu columns", row->count);
		ssda903_find(&findings, SSDA903_WRONG_WIDTH, "", width, "%zu columns as in the header", reading->file->columns);
	} else {
		const char *fields[CSV_FIELDS_MOST];
		for (size_t i = 0; i < reading->file->columns; i++)
			fields[i] = row->fields[reading->file->places[i]];
		check_row(reading, fields, &place, &findings);
	}
	if (findings.count > 0)
		import_report(reading->import, &place, &findings);
	return 0;
}

/* ---- merging ------------------------------------------------------------------------------------------------------ */

static int order_of(int year_a, size_t order_a, int year_b, size_t order_b)
{
	if (year_a != year_b)
		return (year_a > year_b) - (year_a < year_b);
	return (order_a > order_b) - (order_a < order_b);
}

static int by_child_and_decom(const void *a, const void *b)
{
	const struct import_episode *x = a, *y = b;
	int order = strcmp(x->row.child, y->row.child);
	if (order == 0)
		order = (x->row.decom > y->row.decom) - (x->row.decom < y->row.decom);
	return order != 0 ? order : order_of(x->year, x->order, y->year, y->order);
}

static int by_child_and_year(const void *a, const void *b)
{
	const struct import_child *x = a, *y = b;
	int order = strcmp(x->row.child, y->row.child);
	return order != 0 ? order : order_of(x->year, x->order, y->year, y->order);
}

/* Sorted by year, so the later one takes the place of the one before. */
static void merge_episodes(struct import *import)
{
	size_t kept = 0;
	if (import->episode_count > 0)
		qsort(import->episodes, import->episode_count, sizeof(*import->episodes), by_child_and_decom);
	for (size_t i = 0; i < import->episode_count; i++) {
		const struct import_episode *next = &import->episodes[i];
		bool same = kept > 0 && next->row.decom == import->episodes[kept - 1].row.decom
		            && strcmp(next->row.child, import->episodes[kept - 1].row.child) == 0;
		import->episodes[same ? kept - 1 : kept++] = *next;
	}
	import->episode_count = kept;
}

/* Header rows over UASC rows, later years over earlier ones; unaccompanied once is unaccompanied. */
static void merge_child(struct import_child *into, const struct import_child *next)
{
	bool unaccompanied = into->row.unaccompanied || next->row.unaccompanied;
	int year = next->year > into->year ? next->year : into->year;
	if (next->has_header || !into->has_header)
		*into = *next;
	into->row.unaccompanied = unaccompanied;
	into->year = year;
}

static void merge_children(struct import *import)
{
	size_t kept = 0;
	if (import->child_count > 0)
		qsort(import->children, import->child_count, sizeof(*import->children), by_child_and_year);
	for (size_t i = 0; i < import->child_count; i++) {
		if (kept > 0 && strcmp(import->children[i].row.child, import->children[kept - 1].row.child) == 0)
			merge_child(&import->children[kept - 1], &import->children[i]);
		else
			import->children[kept++] = import->children[i];
	}
	import->child_count = kept;
}

static int by_child(const void *key, const void *item)
{
	return strcmp(key, ((const struct import_child *)item)->row.child);
}

/* Children that have episodes and no header row, at most once each. */
static void add_missing_children(struct import *import)
{
	size_t known = import->child_count;
	const char *last = "";
	for (size_t i = 0; i < import->episode_count; i++) {
		const struct import_episode *episode = &import->episodes[i];
		if (strcmp(episode->row.child, last) == 0)
			continue;
		last = episode->row.child;
		struct import_child *child = known == 0 ? NULL
			: bsearch(last, import->children, known, sizeof(*import->children), by_child);
		if (child != NULL && child->has_header)
			continue;
		struct ssda903_findings findings = { .count = 0 };
		ssda903_find(&findings, SSDA903_NO_HEADER, "CHILD", last, "a row of the header table, for sex and date of birth");
		import_report(import, &episode->place, &findings);
		if (child != NULL)
			continue;
		struct ssda903_child row = { .born = SSDA903_NO_DATE };
		snprintf(row.child, sizeof(row.child), "%s", last);
		add_child(import, &row, episode->year, false, &episode->place);
	}
	if (import->child_count > known)
		qsort(import->children, import->child_count, sizeof(*import->children), by_child_and_year);
}

/* Gives each child its episodes; both are sorted by child. */
static void join_children(struct import *import)
{
	size_t at = 0;
	for (size_t i = 0; i < import->child_count; i++) {
		struct import_child *child = &import->children[i];
		child->first = at;
		while (at < import->episode_count && strcmp(import->episodes[at].row.child, child->row.child) == 0) {
			if (import->episodes[at].year > child->year)
				child->year = import->episodes[at].year;
			at++;
		}
		child->count = at - child->first;
	}
}

/* An episode that begins before the one before it in the merged history has ended. */
static void find_overlaps(struct import *import)
{
	for (size_t i = 1; i < import->episode_count; i++) {
		const struct import_episode *before = &import->episodes[i - 1], *next = &import->episodes[i];
		if (strcmp(before->row.child, next->row.child) != 0 || !ssda903_overlap(&before->row, &next->row))
			continue;
		struct ssda903_findings findings = { .count = 0 };
		char decom[HEARTH_DATE_SIZE], started[HEARTH_DATE_SIZE], ended[HEARTH_DATE_SIZE] = "open";
		hearth_date_format(next->row.decom, decom);
		hearth_date_format(before->row.decom, started);
		if (before->row.dec != SSDA903_NO_DATE)
			hearth_date_format(before->row.dec, ended);
		ssda903_find(&findings, SSDA903_OVERLAP, "DECOM", decom,
		             "a day on or after the end of the child's episode of %s (%s), which is at %.60s:%zu", started, ended,
		             before->place.path, before->place.line);
		import_report(import, &next->place, &findings);
	}
}

/* A file that breaks off keeps the rows before the break. */
static void read_file(struct import *import, struct import_return *one, const struct import_file *file)
{
	struct reading reading = { .import = import, .one = one, .file = file };
	struct hearth_status status = HEARTH_STATUS_INIT;
	if (import_csv_read(file->path, take_row, &reading, &status) == 0 || import->pass > 0)
		return;
	struct import_place place = { .path = file->path, .line = 1 };
	struct ssda903_findings findings = { .count = 0 };
	ssda903_find(&findings, SSDA903_UNREADABLE_FILE, "", "cut short", "%s; the rows before it were read", status.message);
	import_report(import, &place, &findings);
}

void import_set_passes(struct import *import)
{
	uint64_t bytes = 0;
	struct stat about;
	for (size_t r = 0; r < import->return_count; r++)
		for (size_t f = 0; f < import->returns[r].file_count; f++)
			if (stat(import->returns[r].files[f].path, &about) == 0)
				bytes += (uint64_t)about.st_size;
	import->passes = 1 + (size_t)(bytes / PASS_BYTES);
}

void import_read_rows(struct import *import)
{
	import->episode_count = import->child_count = 0;
	for (size_t r = 0; r < import->return_count; r++) {
		struct import_return *one = &import->returns[r];
		for (size_t f = 0; f < one->file_count; f++)
			read_file(import, one, &one->files[f]);
	}
	merge_episodes(import);
	merge_children(import);
	add_missing_children(import);
	join_children(import);
	find_overlaps(import);
	import->episodes_read += import->episode_count;
	import->children_read += import->child_count;
}
