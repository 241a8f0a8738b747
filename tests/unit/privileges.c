// SPDX-License-Identifier: GPL-2.0
/*
 * What a process has left when it has given its privileges up, as /proc tells of it: each time a
 * process of its own. Who has none to give up cannot show it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../lib/testmain.h"
#include "cmd/privileges.h"
#include "source/source.h"

#define BIT(cap) (UINT64_C(1) << (cap))
#define NOBODY	 65534

/* A source that lacks what it is made to lack. */
struct demanding {
	struct source base;
	uint64_t lacks;
};

static uint64_t lacks(const struct source *src)
{
	return ((const struct demanding *)src)->lacks;
}

static const struct source_ops demanding_ops = { .lacks = lacks };

struct left {
	char text[4096]; /* of /proc/PID/status */
	int err;	 /* of privileges_drop() */
	bool made;	 /* a file in p->folder, afterwards */
};

static void need_root(void)
{
	if (geteuid())
		skip();
}

static bool make_in(const char *folder)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/made", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return false;
	close(fd);
	return !unlink(path);
}

static void read_status(char *text, size_t size)
{
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t got = read(fd, text, size - 1);

	text[got < 0 ? 0 : got] = '\0';
	close(fd);
}

/* In the child: drops, and writes down what is left; of a program that it executes, if asked. */
static void drop_and_tell(const struct privileges *p, uint64_t lacking, bool exec, int to)
{
	struct demanding src = { .base.ops = &demanding_ops, .lacks = lacking };
	struct fault fault = { "" };
	struct left left = { .err = privileges_drop(p, &src.base, &fault) };

	if (exec) {
		dup2(to, STDOUT_FILENO);
		execlp("cat", "cat", "/proc/self/status", NULL);
		_exit(127);
	}
	left.made = p->folder && make_in(p->folder);
	read_status(left.text, sizeof(left.text));
	_exit(write(to, &left, sizeof(left)) != sizeof(left));
}

static void in_a_process(const struct privileges *p, uint64_t lacking, bool exec, void *out, size_t size)
{
	size_t have = 0;
	ssize_t got;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid)
		drop_and_tell(p, lacking, exec, fds[1]);
	close(fds[1]);
	while ((got = read(fds[0], (char *)out + have, size - have)) > 0)
		have += got;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static struct left drop(const struct privileges *p, uint64_t lacking)
{
	struct left left = { .err = -EIO };

	in_a_process(p, lacking, false, &left, sizeof(left));
	return left;
}

/* The number of a line of /proc/PID/status. */
static uint64_t said(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	if (!at)
		fail_msg("no %s in /proc/self/status", key);
	return strtoull(at + strlen(key), NULL, 16);
}

static void assert_has(const char *text, uint64_t caps)
{
	assert_int_equal(said(text, "CapPrm:"), caps);
	assert_int_equal(said(text, "CapEff:"), caps);
	assert_int_equal(said(text, "CapInh:"), 0);
	assert_int_equal(said(text, "CapAmb:"), 0);
}

static void test_nothing_left(void **state)
{
	const struct privileges p = { 0 };
	struct left left;

	(void)state;
	left = drop(&p, 0);
	assert_int_equal(left.err, 0);
	assert_has(left.text, 0);
	assert_int_equal(said(left.text, "NoNewPrivs:"), 1);
}

/* Root gets all back by executing anything, if nothing is done about it. */
static void test_nothing_comes_back(void **state)
{
	const struct privileges p = { 0 };
	char text[4096] = "";

	(void)state;
	need_root();
	in_a_process(&p, 0, true, text, sizeof(text) - 1);
	assert_has(text, 0);
	assert_int_equal(said(text, "CapBnd:"), 0);
}

static void test_needed_stays(void **state)
{
	const struct privileges p = { 0 }, with_command = { .command = true };
	struct left left;

	(void)state;
	need_root();
	left = drop(&p, BIT(CAP_BPF));
	assert_has(left.text, BIT(CAP_BPF));
	left = drop(&with_command, 0);
	assert_has(left.text, BIT(CAP_KILL));
}

static void test_folder(void **state)
{
	char own[] = "/tmp/urbscope-own-XXXXXX", foreign[] = "/tmp/urbscope-foreign-XXXXXX";
	struct privileges p = { 0 };
	struct left left;

	(void)state;
	need_root();
	p.folder = mkdtemp(own);
	assert_non_null(p.folder);
	left = drop(&p, 0);
	assert_has(left.text, 0);
	assert_true(left.made);
	p.folder = mkdtemp(foreign);
	assert_non_null(p.folder);
	assert_int_equal(chown(foreign, NOBODY, NOBODY), 0);
	left = drop(&p, 0);
	rmdir(own);
	rmdir(foreign);
	assert_has(left.text, BIT(CAP_DAC_OVERRIDE));
	assert_true(left.made);
}

static void test_user(void **state)
{
	struct fault fault = { "" };
	struct privileges p = { 0 };
	struct left left;

	(void)state;
	need_root();
	assert_int_equal(privileges_user(&p, "nobody", &fault), 0);
	left = drop(&p, 0);
	assert_int_equal(left.err, 0);
	assert_has(left.text, 0);
	/* real, effective, saved, of the file system */
	assert_non_null(strstr(left.text, "\nUid:\t65534\t65534\t65534\t65534\n"));
	assert_non_null(strstr(left.text, "\nGid:\t65534\t65534\t65534\t65534\n"));
	assert_non_null(strstr(left.text, "\nGroups:\t65534 \n"));
	left = drop(&p, BIT(CAP_BPF));
	assert_has(left.text, BIT(CAP_BPF));
}

static void test_unknown_user(void **state)
{
	struct fault fault = { "" };
	struct privileges p = { 0 };

	(void)state;
	assert_int_equal(privileges_user(&p, "no such user", &fault), -ENOENT);
	assert_non_null(strstr(fault.text, "no such user"));
	assert_null(p.user);
}

static const struct CMUnitTest tests[] = {
	TEST("no-capability-is-left", test_nothing_left),
	TEST("executing-brings-no-capability-back", test_nothing_comes_back),
	TEST("needed-capabilities-are-left", test_needed_stays),
	TEST("files-can-be-made-where-they-belong", test_folder),
	TEST("another-user-is-what-it-becomes", test_user),
	TEST("unknown-user-is-refused", test_unknown_user),
};

TEST_MAIN(tests)
