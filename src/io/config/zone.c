/* zone.c - see zone.h. */
#include "io/config/zone.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ZONES "/usr/share/zoneinfo/"
/* Clocks change at multiples of this many seconds. The last exception was St. John's, at 00:01
 * until 2011. */
#define QUARTER_S 900

/* When clocks go back, an hour comes twice. A time belongs to the second hour if it would otherwise
 * be more than this many seconds behind the newest time. Clocks go back by at least half an hour
 * (Lord Howe). */
#define LATE_S 900
#define DAY_S  86400

static int64_t east_at(int64_t utc_s)
{
	time_t t = (time_t)utc_s;
	struct tm tm;

	return localtime_r(&t, &tm) ? tm.tm_gmtoff : 0;
}

/* Does not use mktime: in an hour that comes twice, mktime repeats the choice of its last call. So
 * it would always choose the first hour, and all lines of the second hour would be an hour late. */
static int64_t find_east(const struct zone *z, int64_t local_s)
{
	int64_t before = east_at(local_s - DAY_S), after = east_at(local_s + DAY_S);
	int64_t first = local_s - before;

	if (before == after || east_at(first) != before)
		return after;
	bool twice = east_at(local_s - after) == after;
	return twice && first < z->newest_s - LATE_S ? after : before;
}

static int64_t east_of(void *ctx, int64_t local_s)
{
	struct zone *z = ctx;

	if (z->fixed)
		return z->east_s;
	if (local_s / QUARTER_S != z->quarter) {
		z->quarter = local_s / QUARTER_S;
		z->east_s = find_east(z, local_s);
	}
	if (local_s - z->east_s > z->newest_s)
		z->newest_s = local_s - z->east_s;
	return z->east_s;
}

/* Parses +hh:mm, +hhmm or +hh. */
static bool read_offset(const char *s, int64_t *east_s)
{
	int digits[4] = {0}, n = 0;
	bool west = *s == '-';

	for (s++; *s; s++) {
		if (*s == ':' && n == 2 && s[1] >= '0' && s[1] <= '9')
			continue;
		if (*s < '0' || *s > '9' || n == 4)
			return false;
		digits[n++] = *s - '0';
	}
	int64_t minutes = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3];
	*east_s = (west ? -1 : 1) * minutes * 60;
	return (n == 2 || n == 4) && digits[2] < 6 && minutes <= 18 * 60;
}

static bool is_name(const char *s)
{
	return *s && *s != '/' && !strstr(s, "..") && strlen(s) < 64 &&
	       s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/")] ==
		       '\0';
}

/* Whether the file of the zone begins with the magic number of zone data (RFC 8536, 3.1). For a
 * directory, or a file without this number, the C library would use UTC. */
static bool is_file_of_zone(const char *name)
{
	char path[sizeof ZONES + 64], magic[4];

	snprintf(path, sizeof path, ZONES "%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool ok = read(fd, magic, sizeof magic) == sizeof magic && memcmp(magic, "TZif", 4) == 0;
	close(fd);
	return ok;
}

bool zone_is_known(const char *name)
{
	int64_t east_s;

	if (*name == '+' || *name == '-')
		return read_offset(name, &east_s);
	return strcmp(name, "local") == 0 || strcmp(name, "UTC") == 0 ||
	       (is_name(name) && is_file_of_zone(name));
}

bool zone_init(struct zone *z, const char *name)
{

	*z = (struct zone){.timestamp = {east_of, z}, .quarter = INT64_MIN};
	if (strcmp(name, "local") == 0) {
		tzset();
		return true;
	}
	z->fixed = strcmp(name, "UTC") == 0;
	if (z->fixed)
		return true;
	if (*name == '+' || *name == '-') {
		z->fixed = true;
		return read_offset(name, &z->east_s);
	}
	if (!zone_is_known(name) || setenv("TZ", name, 1) != 0)
		return false;
	tzset();
	return true;
}
