/* import.h: what the parts of `hearth import ssda903` share.
 *
 * import_returns.c finds the returns, import_rows.c reads and merges their rows, import_send.c sends them in chunks,
 * import_report.c says what was found. `struct import` owns everything here until import_done.
 */
#ifndef HEARTH_CLI_IMPORT_H
#define HEARTH_CLI_IMPORT_H

#include "cli.h"
#include "import_csv.h"
#include "ssda903.h"

enum import_table { IMPORT_EPISODES, IMPORT_HEADER, IMPORT_UASC, IMPORT_TABLES };

struct import_file {
	char *path;                    /* as shown: below the folder that was given */
	enum import_table table;
	size_t places[CSV_FIELDS_MOST];   /* where the table's columns stand */
	size_t columns;
};

/* One return: the tables of one folder. */
struct import_return {
	char *folder;
	int year;                      /* collection year ending 31 March */
	size_t file_count;
	struct import_file *files;
	size_t rows[IMPORT_TABLES];
};

/* Where a row stands, for what is said of it. */
struct import_place {
	const char *path;
	size_t line;
};

struct import_episode {
	struct ssda903_episode row;
	int year;
	size_t order;                  /* in which it was read */
	struct import_place place;
};

struct import_child {
	struct ssda903_child row;
	int year;
	size_t order;
	bool has_header;
	struct import_place place;
	size_t first, count;           /* its episodes, after the merge */
};

struct import_sent {
	int64_t new_children, changed_children, unchanged_children;
	int64_t new_episodes, changed_episodes, unchanged_episodes, kept_episodes;
	size_t chunks;
};

struct import {
	struct cli *cli;
	bool quiet;                    /* totals only */
	bool dry_run;                  /* read and check, send nothing */
	size_t return_count;
	struct import_return *returns;
	json_t *ignored;               /* files that are no table of ours */
	size_t code_count;
	struct ssda903_code *code_items;
	size_t episode_count, episode_room;
	struct import_episode *episodes;
	size_t child_count, child_room;
	struct import_child *children;
	size_t pass, passes;           /* children are read and sent in so many parts, by a hash of CHILD */
	size_t episodes_read, children_read, children_loaded;   /* of all passes, after the merge */
	size_t rejected_rows;
	size_t kinds[SSDA903_KINDS];
	size_t shown;
	json_t *findings;              /* with --json */
	struct import_sent sent;
};

/* `directory` is one return or holds one folder per return. -1: no return in it. */
int import_find_returns(struct import *import, const char *directory, struct hearth_status *status);
/* Sets the years (`year` 0: each from its latest DECOM) and sorts the returns by them. */
int import_set_years(struct import *import, int year, struct hearth_status *status);

/* So many passes that the rows of one take some 100 MB at most. */
void import_set_passes(struct import *import);
/* Reads and checks the rows of this pass's children, merges them (of a child's episodes with one DECOM the latest year's
 * counts), finds overlaps. */
void import_read_rows(struct import *import);

/* The code lists of all years from placements. */
int import_fetch_codes(struct import *import, struct hearth_status *status);
/* Each child goes wholly into one chunk. -1: the chunks before stay loaded; the same import again completes them. */
int import_send(struct import *import, struct hearth_status *status);

/* Counts and shows findings; a row with a rejecting one is counted as rejected. */
void import_report(struct import *import, const struct import_place *place, const struct ssda903_findings *findings);
void import_print_totals(const struct import *import);
/* On a terminal: how far it is. `done` of `all` of the present pass. */
void import_show_progress(const struct import *import, size_t done, size_t all);

#endif
