/* num.c - see num.h. strtod is given a bounded copy, because log text has no terminator. */
#include "core/base/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Longer than any number that means something here; what is longer is not a number for us. */
#define NUM_TEXT_MAX 63

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool num_u64(const char *s, size_t len, uint64_t *out)
{
	uint64_t v = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(s[i]))
			return false;
		uint64_t digit = (uint64_t)(s[i] - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

/* The grammar of a JSON number, a leading plus and leading zeros allowed; no hex, inf or nan. */
static bool is_decimal(const char *s, size_t len)
{
	size_t i = 0, digits;

	if (i < len && (s[i] == '-' || s[i] == '+'))
		i++;
	for (digits = 0; i < len && is_digit(s[i]); i++)
		digits++;
	if (digits == 0)
		return false;
	if (i < len && s[i] == '.') {
		i++;
		for (digits = 0; i < len && is_digit(s[i]); i++)
			digits++;
		if (digits == 0)
			return false;
	}
	if (i < len && (s[i] == 'e' || s[i] == 'E')) {
		i++;
		if (i < len && (s[i] == '-' || s[i] == '+'))
			i++;
		for (digits = 0; i < len && is_digit(s[i]); i++)
			digits++;
		if (digits == 0)
			return false;
	}
	return i == len;
}

bool num_double(const char *s, size_t len, double *out)
{
	char text[NUM_TEXT_MAX + 1];

	if (len > NUM_TEXT_MAX || !is_decimal(s, len))
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	char *end;
	double v = strtod(text, &end);
	/* Under a locale with a decimal comma strtod stops at the point: no number is better than a
	 * wrong one. */
	if (end != text + len || !isfinite(v))
		return false;
	*out = v;
	return true;
}

bool num_epoch_double(double seconds, struct instant *out)
{
	double ms = round(seconds * 1000);

	if (!(seconds >= 0) || ms > (double)INSTANT_MAX.ms)
		return false;
	*out = (struct instant){(int64_t)ms};
	return true;
}

bool num_span(const char *s, size_t len, struct span *out)
{
	uint64_t n, unit = 1;

	if (len == 0)
		return false;
	switch (s[len - 1]) {
	case 'd':
		unit = 86400;
		break;
	case 'h':
		unit = 3600;
		break;
	case 'm':
		unit = 60;
		break;
	case 's':
		break;
	default:
		len++; /* no unit to cut off */
	}
	if (!num_u64(s, len - 1, &n) || n > (uint64_t)span_to_seconds(SPAN_MAX) / unit)
		return false;
	*out = span_seconds((int64_t)(n * unit));
	return true;
}
