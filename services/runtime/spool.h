/* spool.h: what the files of the spool share: the open file, its statements, and the lanes (keys) of a delivery. */
#ifndef HEARTH_SPOOL_INSIDE_H
#define HEARTH_SPOOL_INSIDE_H

#include <sqlite3.h>

#include <hearth/spool.h>

#define SPOOL_METHOD_MOST 208

enum spool_statement {
	SPOOL_BEGIN, SPOOL_COMMIT, SPOOL_ROLLBACK,
	SPOOL_FIND, SPOOL_INSERT, SPOOL_LANE_OPEN,
	SPOOL_DUE, SPOOL_HEAD, SPOOL_MARK,
	SPOOL_DONE, SPOOL_STOP, SPOOL_AGAIN,
	SPOOL_LANE_NEXT, SPOOL_LANE_CLOSE, SPOOL_LANE_HOLD, SPOOL_LANE_LATER,
	SPOOL_TRIM, SPOOL_LIST, SPOOL_GET, SPOOL_COUNT, SPOOL_LEFT, SPOOL_SOONEST,
	SPOOL_RETRY, SPOOL_DROP,
	SPOOL_STATEMENTS
};

struct hearth_spool {
	sqlite3 *db;
	char *path;
	int64_t keep_us;
	sqlite3_stmt *statements[SPOOL_STATEMENTS];
};

/* "referrals:hearth.events.v1.Events/Pull" and "hearth.referrals.v1.Referrals/Get" are of "referrals"; NULL: of none. */
const char *spool_service_of(const char *method, size_t *ret_size);
/* The statement, ready to be bound; prepared on first use. Parameters by position, from 1. */
sqlite3_stmt *spool_use(struct hearth_spool *spool, enum spool_statement which);
/* Runs a statement that gives no rows; 0 or -1. */
int spool_run(struct hearth_spool *spool, sqlite3_stmt *statement, struct hearth_status *status);
/* 1: a row; 0: none (the statement has ended); -1. */
int spool_row(struct hearth_spool *spool, sqlite3_stmt *statement, struct hearth_status *status);
int spool_begin(struct hearth_spool *spool, struct hearth_status *status);
/* COMMIT, or ROLLBACK when `outcome` is not 0 or COMMIT fails; 0 or -1. */
int spool_end(struct hearth_spool *spool, int outcome, struct hearth_status *status);
/* The head of a key has ended: the next one's turn, or the end of the lane. */
int spool_lane_goes_on(struct hearth_spool *spool, const char *key, struct hearth_status *status);
/* The one right to deliver: a descriptor, or -1 (DELIVERED_ELSEWHERE). */
int spool_claim(const struct hearth_spool *spool, struct hearth_status *status);

#endif
