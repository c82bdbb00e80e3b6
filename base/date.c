/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/date.h"

/*
 * "2019-12-10T11:13:24", digit by digit, which strptime() does not ask for, of
 * a day that there is. What follows, or NULL.
 */
static const char *
date_read(const char *s, struct tm *tm)
{
	static const char form[] = "0000-00-00T00:00:00";
	struct tm day;

	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == '0' ? !isdigit((unsigned char)s[i]) :
		    s[i] != form[i])
			return (NULL);
	s = strptime(s, "%Y-%m-%dT%H:%M:%S", tm);
	day = (struct tm){ .tm_year = tm->tm_year, .tm_mon = tm->tm_mon,
	    .tm_mday = tm->tm_mday };
	(void)timegm(&day);
	return (day.tm_mday == tm->tm_mday ? s : NULL);
}

int64_t
date_ms(const char *s)
{
	struct tm tm = { .tm_isdst = 0 };
	unsigned hour, minute;
	int64_t ms = 0;
	char sign;
	int n = 0;

	s = date_read(s, &tm);
	if (s == NULL)
		return (-1);
	if (*s == '.') {
		for (int64_t unit = 100; *++s >= '0' && *s <= '9'; unit /= 10)
			ms += unit * (*s - '0');
	}
	ms += (int64_t)timegm(&tm) * 1000;
	if (strcmp(s, "Z") == 0)
		return (ms);
	if (strlen(s) != 6 ||
	    sscanf(s, "%c%2u:%2u%n", &sign, &hour, &minute, &n) != 3 ||
	    n != 6 || (sign != '+' && sign != '-') || hour > 14 ||
	    minute > 59)
		return (-1);
	n = (int)(hour * 60 + minute) * 60000;
	return (sign == '+' ? ms - n : ms + n);
}

bool
date_text(int64_t ms, char out[DATE_SIZE])
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	return (gmtime_r(&t, &tm) != NULL &&
	    strftime(out, DATE_SIZE, "%Y-%m-%dT%H:%M:%S", &tm) > 0);
}
