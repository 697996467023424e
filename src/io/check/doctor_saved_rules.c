/* doctor_saved_rules.c - see doctor_parts.h. While the detector's firewall rule is in force,
 * `netfilter-persistent save` and similar commands write it into a file that the host loads at
 * boot. The detector's sets do not exist at that time. So iptables-restore refuses the whole file,
 * and the administrator's own rules are not loaded either.
 *
 * Only the first FILE_MAX bytes of a file are read, and no text from a file is printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/check/doctor_parts.h"
#include "io/firewall/drop_rules.h"
#include "io/host/line_reader.h"

/* Enough for about 100,000 rules. */
#define FILE_MAX ((off_t)16 << 20)
/* A longer line cannot be the detector's firewall rule. */
#define LINE_MAX_BYTES 4096

#define SETS_UNIT    "anomdetect-sets.service"
#define UNIT_PATTERN "/etc/systemd/system/*.wants/" SETS_UNIT

enum saved_kind {
	SAVED_RULES, /* written by iptables-save */
	SAVED_SETS,  /* written by ipset save */
	SAVED_NFT,   /* written by nft list ruleset */
};

static const struct saved_file {
	const char *path;
	enum saved_kind kind;
} saved_files[] = {
	{"/etc/iptables/rules.v4", SAVED_RULES}, /* netfilter-persistent */
	{"/etc/iptables/rules.v6", SAVED_RULES},
	{"/etc/iptables/ipsets", SAVED_SETS},
	{"/etc/sysconfig/iptables", SAVED_RULES}, /* iptables-services of Red Hat */
	{"/etc/sysconfig/ip6tables", SAVED_RULES},
	{"/etc/sysconfig/ipset", SAVED_SETS},
	{"/etc/iptables/iptables.rules", SAVED_RULES}, /* Arch */
	{"/etc/iptables/ip6tables.rules", SAVED_RULES},
	{"/etc/iptables.rules", SAVED_RULES}, /* recommended in handbooks, for if-pre-up.d */
	{"/etc/ip6tables.rules", SAVED_RULES},
	{"/etc/iptables.up.rules", SAVED_RULES},
	{"/etc/ufw/before.rules", SAVED_RULES},
	{"/etc/ufw/before6.rules", SAVED_RULES},
	{"/etc/ufw/after.rules", SAVED_RULES},
	{"/etc/ufw/after6.rules", SAVED_RULES},
	{"/etc/nftables.conf", SAVED_NFT},
	{"/etc/sysconfig/nftables.conf", SAVED_NFT},
};

/* A line of a file, split into words. */
struct words {
	const char *at, *end;
};

/* Returns the next word without its quotes; false at the end. */
static bool next_word(struct words *w, const char **word, size_t *len)
{
	while (w->at < w->end && strchr(" \t\r\"", *w->at))
		w->at++;
	*word = w->at;
	while (w->at < w->end && !strchr(" \t\r\"", *w->at))
		w->at++;
	*len = (size_t)(w->at - *word);
	return *len > 0;
}

static bool word_is(const char *word, size_t len, const char *text)
{
	return strlen(text) == len && memcmp(word, text, len) == 0;
}

/* Returns the set that the line refers to: 0 is the IPv4 set, 1 the IPv6 set, -1 none. */
static int named_set(const struct drop_rules *set, enum saved_kind kind, struct words w)
{
	const char *before[] = {
		[SAVED_RULES] = "--match-set", [SAVED_SETS] = "create", [SAVED_NFT] = "match"};
	const char *word;
	bool expected = false;
	size_t len;

	while (next_word(&w, &word, &len)) {
		for (int i = 0; expected && i < 2; i++) {
			/* nft prints an iptables match without its arguments */
			if (word_is(word, len, kind == SAVED_NFT ? "set" : set->set_name[i]))
				return i;
		}
		expected = word_is(word, len, before[kind]);
		if (*word == '#')
			return -1;
	}
	return -1;
}

struct saved_rule {
	uint64_t line; /* 0: none */
	int set;
};

/* Finds the first line that refers to one of the sets. False with errno when the file cannot be
 * read. */
static bool find_rule(
	const struct saved_file *file, const struct drop_rules *set, struct saved_rule *found)
{
	int fd = open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct line_reader *lines = fd >= 0 ? line_reader_new(fd, LINE_MAX_BYTES) : NULL;
	enum line_reader_status status = lines ? LINE_READER_OK : LINE_READER_ERROR;
	struct line_reader_line line;
	struct stat st;
	uint64_t n = 0;
	int saved;

	*found = (struct saved_rule){0};
	if (lines && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)))
		status = LINE_READER_END; /* only regular files are loaded at boot */
	while (status == LINE_READER_OK && !found->line && lseek(fd, 0, SEEK_CUR) < FILE_MAX) {
		status = line_reader_fill(lines);
		while (!found->line && line_reader_next(lines, &line)) {
			n++;
			found->set = named_set(
				set, file->kind, (struct words){line.text, line.text + line.len});
			found->line = found->set >= 0 ? n : 0;
		}
	}
	saved = errno;
	line_reader_free(lines);
	if (fd >= 0)
		close(fd);
	errno = saved;
	return status != LINE_READER_ERROR;
}

/* True if the unit is enabled. Prints a warning, and sets *warned, if the unit's link leads to a
 * missing file. */
static bool unit_is_enabled(bool *warned)
{
	bool enabled = false;
	const char *dangling = NULL;
	struct stat st;
	glob_t found;

	if (glob(UNIT_PATTERN, GLOB_NOSORT, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (stat(found.gl_pathv[i], &st) == 0)
			enabled = true;
		else
			dangling = found.gl_pathv[i];
	}
	if (dangling && !enabled) {
		doctor_warn("boot",
			"'%.300s' leads to no file, so no set is made at boot; copy the unit to "
			"/etc/systemd/system again, and make the link anew: "
			"systemctl reenable " SETS_UNIT,
			dangling);
		*warned = true;
	}
	globfree(&found);
	return enabled;
}

static void warn_rules(
	const struct saved_file *file, const struct saved_rule *found, const char *set_name)
{
	doctor_warn("boot",
		"line %llu of '%s' names the set %s, which does not exist at boot, so no rule of "
		"the file is loaded; to make the set first: systemctl enable " SETS_UNIT,
		(unsigned long long)found->line, file->path, set_name);
}

static void warn_sets(
	const struct saved_file *file, const struct saved_rule *found, const char *set_name)
{
	int len = (int)strlen(set_name) - 1; /* without the digit at the end */

	doctor_warn("boot",
		"line %llu of '%s' contains the set %s with saved bans, which return "
		"at each boot; remove the lines: sed -i '/^[a-z]* %.*s[46] /d' %s; with "
		"netfilter-persistent, IPSET_SKIP_SAVE=yes in /etc/default/netfilter-persistent "
		"excludes the set from saving",
		(unsigned long long)found->line, file->path, set_name, len, set_name, file->path);
}

static void warn_nft(const struct saved_file *file, const struct saved_rule *found)
{
	doctor_warn("boot",
		"line %llu of '%s' is an iptables rule with a set, which nft cannot load, so nft "
		"loads nothing of the file; remove the line: anomdetect adds its firewall rule "
		"itself",
		(unsigned long long)found->line, file->path);
}

void doctor_check_saved_rules(const struct firewall_config *config)
{
	bool warned = false, made = unit_is_enabled(&warned);
	const struct saved_file *safe = NULL;
	char why[FIREWALL_WHY_CAP];
	struct saved_rule found;
	struct drop_rules set;

	if (!drop_rules_init(&set, config, why, sizeof why))
		return; /* doctor_check_rules has reported the reason */
	for (size_t i = 0; i < sizeof saved_files / sizeof *saved_files; i++) {
		const struct saved_file *file = &saved_files[i];
		if (!find_rule(file, &set, &found)) {
			if (errno == ENOENT || errno == ENOTDIR)
				continue;
			doctor_skip("boot", "unable to read '%s': %s", file->path, strerror(errno));
			warned = true;
		} else if (found.line && file->kind == SAVED_RULES && made) {
			safe = file;
		} else if (found.line) {
			if (file->kind == SAVED_RULES)
				warn_rules(file, &found, set.set_name[found.set]);
			else if (file->kind == SAVED_SETS)
				warn_sets(file, &found, set.set_name[found.set]);
			else
				warn_nft(file, &found);
			warned = true;
		}
	}
	if (safe && !warned)
		doctor_report(true, "boot",
			"'%s' names the detector's sets; " SETS_UNIT " makes them first",
			safe->path);
	else if (!warned)
		doctor_report(true, "boot", "no saved firewall rules name %s or %s",
			set.set_name[0], set.set_name[1]);
}
