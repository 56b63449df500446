/* accrual.h: what a day costs, and how many days of notice are paid.
 *
 * The day rule: day n of a weekly fee f (n from 0 on the fee's first day) costs floor(f(n+1)/7) - floor(fn/7) pence.
 * Sums telescope, so any seven days in a row come to exactly f, and a span may be cut anywhere without gaining or
 * losing a penny. When the fee changes, n begins again at 0 on the first day of the new one; days of notice run on in
 * the fee of the last day lived there. The SQL function accrued() of schema/001_agreements.sql is the twin; a test
 * holds them together.
 */
#ifndef FINANCE_ACCRUAL_H
#define FINANCE_ACCRUAL_H

#include <stdint.h>

#define FINANCE_MOST_WEEKLY INT64_C(100000000)   /* a million pounds a week */

/* Pence of the days [from_n, to_n) of a weekly fee. All are at least 0, from_n <= to_n. */
int64_t finance_accrued(int64_t weekly_pence, int64_t from_n, int64_t to_n);

/* Days of notice to be paid: the agreed days less the whole days that were given, at least 0. What was given and is not
 * known counts as 0 hours; what was agreed and is not known is paid with no day, and is not asked here. */
int32_t finance_notice_days(int32_t agreed_days, int32_t given_hours);

#endif
