/* accrual.c: see accrual.h. Pure: numbers in, numbers out. */
#include "accrual.h"

#include <assert.h>

int64_t finance_accrued(int64_t weekly_pence, int64_t from_n, int64_t to_n)
{
	assert(weekly_pence >= 0 && weekly_pence <= FINANCE_MOST_WEEKLY);
	assert(from_n >= 0 && from_n <= to_n && to_n <= INT32_MAX);
	/* Nothing is negative, so division rounds down. */
	return weekly_pence * to_n / 7 - weekly_pence * from_n / 7;
}

int32_t finance_notice_days(int32_t agreed_days, int32_t given_hours)
{
	int32_t given = given_hours > 0 ? given_hours / 24 : 0;
	return agreed_days > given ? agreed_days - given : 0;
}
