/* num.c - see num.h. Numbers in the usual form of access logs are converted by arithmetic, in a
 * fifth of the time of strtod. strtod converts all other numbers, from a bounded copy, because log
 * text has no terminator. */
#include "core/base/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Maximum length in bytes: no meaningful number here is longer. A longer text is not parsed. */
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

/* 5^27 is the highest power of 5 that fits in 63 bits. */
#define DECIMALS_MAX 27

static const uint64_t fives[DECIMALS_MAX + 1] = {1, 5, 25, 125, 625, 3125, 15625, 78125, 390625,
	1953125, 9765625, 48828125, 244140625, 1220703125, 6103515625, 30517578125, 152587890625,
	762939453125, 3814697265625, 19073486328125, 95367431640625, 476837158203125,
	2384185791015625, 11920928955078125, 59604644775390625, 298023223876953125,
	1490116119384765625, 7450580596923828125};

/* If doubles represent both v and the power of ten exactly, their quotient is correctly rounded (W.
 * D. Clinger, PLDI 1990). Otherwise, with n = decimals, v is divided by 5^n to at least 63 bits.
 * The last bit of the quotient is set if there is a remainder. The conversion to a double then
 * rounds only once. The division by 2^n afterwards is exact. */
bool num_decimal(uint64_t v, unsigned decimals, double *out)
{
	static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

	if (!NUM_ROUNDS_ONCE && decimals)
		return false;
	if (v <= (uint64_t)1 << DBL_MANT_DIG && decimals < sizeof tens / sizeof *tens) {
		*out = (double)v / tens[decimals];
		return true;
	}
#ifdef __SIZEOF_INT128__
	if (v && decimals <= DECIMALS_MAX) {
		int up = __builtin_clzll(v), by_up = __builtin_clzll(fives[decimals]);
		unsigned __int128 n = (unsigned __int128)(v << up) << 63;
		uint64_t by = fives[decimals] << by_up, q = (uint64_t)(n / by);
		q |= (uint64_t)n != q * by; /* sets the last bit if there is a remainder */
		*out = ldexp((double)q, by_up - up - 63 - (int)decimals);
		return true;
	}
#endif
	return false;
}

struct decimal {
	uint64_t v; /* all digits, without the decimal point */
	unsigned decimals;
	bool negative, easy; /* easy: no exponent, and v contains all digits */
};

static const char *read_digits(const char *s, const char *end, struct decimal *d)
{
	for (; s < end && is_digit(*s); s++) {
		/* at most 18 digits so far, not counting leading zeros */
		d->easy &= d->v < (uint64_t)1000000000000000000;
		d->v = d->v * 10 + (uint64_t)(*s - '0');
	}
	return s;
}

/* Parses a JSON number. Also accepts a leading plus and leading zeros, but no hexadecimal numbers,
 * no inf and no nan. */
static bool read_decimal(const char *s, const char *end, struct decimal *d)
{
	const char *from;

	*d = (struct decimal){.easy = true, .negative = s < end && *s == '-'};
	if (s < end && (*s == '-' || *s == '+'))
		s++;
	from = s;
	s = read_digits(s, end, d);
	if (s == from)
		return false;
	if (s < end && *s == '.') {
		from = ++s;
		s = read_digits(s, end, d);
		d->decimals = (unsigned)(s - from);
		if (s == from)
			return false;
	}
	if (s < end && (*s == 'e' || *s == 'E')) {
		d->easy = false;
		s++;
		if (s < end && (*s == '-' || *s == '+'))
			s++;
		for (from = s; s < end && is_digit(*s);)
			s++;
		if (s == from)
			return false;
	}
	return s == end;
}

/* In a locale with a decimal comma, strtod stops at the point. In this case, this function fails,
 * because a failure is better than a wrong number. */
static bool read_hard(const char *s, size_t len, double *out)
{
	char text[NUM_TEXT_MAX + 1], *end;

	memcpy(text, s, len);
	text[len] = '\0';
	double v = strtod(text, &end);
	if (end != text + len || !isfinite(v))
		return false;
	*out = v;
	return true;
}

bool num_double(const char *s, size_t len, double *out)
{
	struct decimal d;
	double v;

	if (len > NUM_TEXT_MAX || !read_decimal(s, s + len, &d))
		return false;
	if (!d.easy || !num_decimal(d.v, d.decimals, &v))
		return read_hard(s, len, out);
	*out = d.negative ? -v : v;
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
