/* option_hints.c - see option_hints.h. Some programs have no rows in options_table.c, so the names
 * of their options are repeated here; tests/golden/messages-name-the-nearest-word.t compares them
 * with --help. */
#include "io/config/option_hints.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/address.h"
#include "core/base/nearest.h"

/* A hint names at most this number of options that begin with the given word. */
#define BEGUN_MAX 6
/* A word of at least this many letters after one dash is treated as the beginning of a long option
 * if a long option begins with it. The word could also be a short option with its value, but few
 * values look like this. */
#define BEGIN_MIN 4
/* Maximum number of bytes of a word in a hint. */
#define SHOWN 100

static const struct owner {
	const char *program;
	unsigned bit;      /* bit of its rows in options_table.c; 0: it has no rows */
	const char *names; /* its long options; a blank follows each */
} owners[] = {
	{"anomdetect", OPTIONS_ANOMDETECT, ""},
	{"anomban", OPTIONS_ANOMBAN, ""},
	{"anomcount", OPTIONS_ANOMCOUNT, ""},
	{"anomstat", 0, "state follow color ascii json prometheus html check client version help "},
	{"anom-notify", 0,
		"slack-file discord-file webhook-file ntfy-file mail sendmail events replay name "
		"gather interval timeout tries test version help "},
	{"anom-allow", 0, "output service widest4 widest6 shrink version help "},
	{"anom-report", 0, "html version help "},
	{"anom-deny", 0, "form reload version help "},
};
#define OWNERS (sizeof owners / sizeof *owners)

/* Words of fail2ban and other tools, and for each word our option that does the same. */
static const struct {
	const char *word, *option;
} foreign[] = {
	{"ignoreip", "allow"},
	{"whitelist", "allow"},
	{"allowlist", "allow"},
	{"bantime", "schedule"},
	{"banip", "ban"},
	{"unbanip", "unban"},
	{"banned", "list"},
	{"ls", "list"},
	{"status", "list"},
	{"jail", "set"},
	{"ipset", "set"},
	{"debug", "verbose"},
	{"colour", "color"},
	{"watch", "follow"},
	{"action", "rule"},
	{"banaction", "rule"},
	{"port", "ports"},
	{"dport", "ports"},
	{"logformat", "format"},
};

/* Words of other tools for which our programs have no option, and the hint for each. */
#define ON_INPUT "lines are read from standard input"
#define LEARNED  "limits are learned from visits; see anomdetect-detection(7)"
static const struct {
	const char *word, *text;
} otherwise[] = {
	{"logpath", ON_INPUT},
	{"logfile", ON_INPUT},
	{"input", ON_INPUT},
	{"file", ON_INPUT},
	{"maxretry", LEARNED},
	{"findtime", LEARNED},
};

struct name {
	const char *text;
	size_t len;
};

static const struct owner *find_owner(const char *program)
{
	for (size_t i = 0; i < OWNERS; i++)
		if (strcmp(owners[i].program, program) == 0)
			return &owners[i];
	return &owners[0];
}

/* The next option name of the program; *at must be 0 before the first call. */
static bool next_name(const struct owner *o, size_t *at, struct name *out)
{
	if (!o->bit) {
		out->text = o->names + *at;
		out->len = strcspn(out->text, " ");
		*at += out->len + 1;
		return out->len > 0;
	}
	while (*at < options_rows_n && !(options_rows[*at].programs & o->bit))
		++*at;
	if (*at == options_rows_n)
		return false;
	out->text = options_rows[*at].name;
	out->len = strlen(out->text);
	++*at;
	return true;
}

static bool has_name(const struct owner *o, struct name wanted)
{
	struct name name;

	for (size_t at = 0; next_name(o, &at, &name);)
		if (name.len == wanted.len && memcmp(name.text, wanted.text, name.len) == 0)
			return true;
	return false;
}

bool option_hints_has(const char *program, const char *name, size_t len)
{
	return has_name(find_owner(program), (struct name){name, len});
}

/* Whether an option of the program begins with the text. */
static bool begins_name(const struct owner *o, const char *text, size_t len)
{
	struct name name;

	for (size_t at = 0; next_name(o, &at, &name);)
		if (name.len > len && memcmp(name.text, text, len) == 0)
			return true;
	return false;
}

const char *option_hints_single_dash(const char *program, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *name = argv[i] + 1;
		size_t len = strcspn(name, "=");
		if (argv[i][0] == '-' && strlen(name) > 1 &&
			(option_hints_has(program, name, len) ||
				(len >= BEGIN_MIN && begins_name(find_owner(program), name, len))))
			return argv[i];
	}
	return NULL;
}

const char *option_hints_word_read(int argc, char **argv)
{
	const char *word = optind < argc ? argv[optind] : "";

	if (optopt > 0 && optopt <= UCHAR_MAX && word[0] == '-' && word[1] != '-' &&
		strchr(word, optopt) && strlen(word) > 2)
		return word;
	return argv[optind - 1];
}

const char *option_hints_program(enum options_program bit)
{
	for (size_t i = 0; i < OWNERS; i++)
		if (owners[i].bit == bit)
			return owners[i].program;
	return owners[0].program;
}

/* Length of a typographic dash, with which word processors and web pages replace two dashes: U+2010
 * to U+2015 and U+2212, three bytes each. 0: the text does not begin with one. */
static size_t wrong_dash(const char *s)
{
	bool dash = (memcmp(s, "\xe2\x80", 2) == 0 && (unsigned char)s[2] >= 0x90 &&
			    (unsigned char)s[2] <= 0x95) ||
		    strncmp(s, "\xe2\x88\x92", 3) == 0;

	return dash ? 3 : 0;
}

/* The name within "--name=value". */
static struct name bare_name(const char *given)
{
	while (*given == '-' || (strlen(given) >= 3 && wrong_dash(given)))
		given += *given == '-' ? 1 : 3;
	return (struct name){given, strcspn(given, "= \t")};
}

/* Names the programs that have the option: "; it is an option of anomdetect and anomban". */
static bool say_owners(const struct owner *own, struct name name, struct option_hint *hint)
{
	const char *programs[OWNERS];
	size_t n = 0, len;

	for (size_t i = 0; i < OWNERS; i++)
		if (&owners[i] != own && has_name(&owners[i], name))
			programs[n++] = owners[i].program;
	len = n ? (size_t)snprintf(hint->s, sizeof hint->s, "; it is an option of ") : 0;
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(hint->s + len, sizeof hint->s - len, "%s%s",
			i == 0      ? ""
			: i + 1 < n ? ", "
				    : " and ",
			programs[i]);
	return n > 0;
}

/* Explains a word of other tools for which our programs have no option. */
static bool say_otherwise(const struct owner *own, struct name name, struct option_hint *hint)
{
	for (size_t i = 0; own->bit && i < sizeof otherwise / sizeof *otherwise; i++)
		if (strlen(otherwise[i].word) == name.len &&
			memcmp(otherwise[i].word, name.text, name.len) == 0) {
			snprintf(hint->s, sizeof hint->s, "; %s", otherwise[i].text);
			return true;
		}
	return false;
}

/* Names the option of program `o` for a word of another tool. */
static bool say_foreign(const struct owner *own, const struct owner *o, struct name name,
	const char *dashes, struct option_hint *hint)
{
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
		const char *option = foreign[i].option;
		if (strlen(foreign[i].word) != name.len ||
			memcmp(foreign[i].word, name.text, name.len) != 0 ||
			!has_name(o, (struct name){option, strlen(option)}))
			continue;
		if (o == own)
			snprintf(hint->s, sizeof hint->s, "; did you mean %s%s?", dashes, option);
		else
			snprintf(hint->s, sizeof hint->s, "; did you mean %s --%s?", o->program,
				option);
		return true;
	}
	return false;
}

static bool say_others(
	const struct owner *own, struct name name, const char *dashes, struct option_hint *hint)
{
	for (size_t i = 0; i < OWNERS; i++)
		if (&owners[i] != own && owners[i].bit &&
			say_foreign(own, &owners[i], name, dashes, hint))
			return true;
	return false;
}

/* Names the options that begin with the word: "; it may be --max-clients or --max-paths". */
static bool say_begun(
	const struct owner *own, struct name name, const char *dashes, struct option_hint *hint)
{
	struct name begun[BEGUN_MAX + 1], next;
	size_t n = 0, len;

	for (size_t at = 0; n <= BEGUN_MAX && next_name(own, &at, &next);)
		if (name.len && next.len > name.len && memcmp(next.text, name.text, name.len) == 0)
			begun[n++] = next;
	if (n < 2 || n > BEGUN_MAX)
		return false;
	len = (size_t)snprintf(hint->s, sizeof hint->s, "; it may be ");
	for (size_t i = 0; i < n && len < sizeof hint->s; i++)
		len += (size_t)snprintf(hint->s + len, sizeof hint->s - len, "%s%s%.*s",
			i == 0      ? ""
			: i + 1 < n ? ", "
				    : " or ",
			dashes, (int)begun[i].len, begun[i].text);
	return true;
}

static bool say_near(
	const struct owner *own, struct name name, const char *dashes, struct option_hint *hint)
{
	const char *found;
	struct nearest near;
	struct name next;

	if (say_begun(own, name, dashes, hint))
		return true;
	nearest_init(&near, name.text, name.len);
	for (size_t at = 0; next_name(own, &at, &next);)
		nearest_try(&near, next.text, next.len);
	found = nearest_found(&near);
	if (found)
		snprintf(hint->s, sizeof hint->s, "; did you mean %s%s?", dashes, found);
	return found != NULL;
}

struct option_hint option_hints_name(const char *program, const char *given, const char *dashes)
{
	const struct owner *own = find_owner(program);
	struct name name = bare_name(given);
	struct option_hint hint = {""};

	if (has_name(own, name)) /* only the dashes were wrong */
		snprintf(hint.s, sizeof hint.s, "; did you mean %s%.*s?", dashes, (int)name.len,
			name.text);
	else if (!say_foreign(own, own, name, dashes, &hint) && !say_otherwise(own, name, &hint) &&
		 !(begins_name(own, name.text, name.len) && say_near(own, name, dashes, &hint)) &&
		 !say_owners(own, name, &hint) && !say_near(own, name, dashes, &hint) &&
		 !say_others(own, name, dashes, &hint) && *dashes)
		snprintf(hint.s, sizeof hint.s, "; see %s --help", program);
	return hint;
}

/* ---- operands ---- */

static const struct {
	const char *end, *reader;
} packed[] = {{".gz", "zcat"}, {".zst", "zstd -dc"}, {".xz", "xz -dc"}, {".bz2", "bzip2 -dc"}};

/* Whether a shell needs no quotes around the name. */
static bool is_plain(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "_.,:+@%/-")] == '\0';
}

static void say_file(const char *program, const char *file, struct option_hint *hint)
{
	const char *quote = is_plain(file) ? "" : "'";
	size_t len = strlen(file);

	if (len > SHOWN || strchr(file, '\'')) {
		file = "FILE";
		quote = "";
	}
	for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
		size_t end = strlen(packed[i].end);
		if (len <= end || strcmp(file + strlen(file) - end, packed[i].end) != 0)
			continue;
		snprintf(hint->s, sizeof hint->s, "; try: %s %s%s%s | %s", packed[i].reader, quote,
			file, quote, program);
		return;
	}
	snprintf(hint->s, sizeof hint->s, "; try: %s %s%s%s%s", program,
		strcmp(program, "anomstat") == 0 ? "-s " : "<", quote, file, quote);
}

/* Names a command for an address: anomstat shows the client, and anomban bans or unbans it. */
static void say_address(const char *program, const char *text, struct option_hint *hint)
{
	if (strcmp(program, "anomstat") == 0)
		snprintf(hint->s, sizeof hint->s, "; try: anomstat --client %.*s", SHOWN, text);
	else
		snprintf(hint->s, sizeof hint->s,
			"; to ban or unban it by hand: anomban --ban %.*s, or --unban", SHOWN,
			text);
}

struct option_hint option_hints_operand(const char *program, const char *given)
{
	struct option_hint hint = {""};
	struct address a;
	size_t len = strlen(given);

	if (len >= 3 && wrong_dash(given))
		snprintf(hint.s, sizeof hint.s, "; it begins with a typographic dash: type --%.*s",
			SHOWN, bare_name(given).text);
	else if (address_parse_prefix(given, len, &a) || address_parse_peer(given, len, &a))
		say_address(program, given, &hint);
	else if (strcmp(given, "-") == 0)
		snprintf(hint.s, sizeof hint.s, "; leave it out");
	else if (!strpbrk(given, "/."))
		hint = option_hints_name(program, given, "--");
	else
		say_file(program, given, &hint);
	return hint;
}

struct option_hint option_hints_word(const char *value, const char *const *words)
{
	struct option_hint hint = {""};
	struct nearest near;

	nearest_init(&near, value, strlen(value));
	for (; *words; words++)
		nearest_try(&near, *words, strlen(*words));
	if (nearest_found(&near))
		snprintf(hint.s, sizeof hint.s, "; did you mean %s?", nearest_found(&near));
	return hint;
}
