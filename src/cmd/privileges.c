// SPDX-License-Identifier: GPL-2.0
#include "privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define BIT(cap) (UINT64_C(1) << (cap))

int privileges_user(struct privileges *p, const char *name, struct fault *fault)
{
	const struct passwd *found;

	errno = 0;
	found = getpwnam(name);
	if (!found) {
		int err = errno ? -errno : -ENOENT;

		fault_set(fault, "--user %s: %s", name, errno ? strerror(errno) : "there is no such user");
		return err;
	}
	p->user = name;
	p->uid = found->pw_uid;
	p->gid = found->pw_gid;
	return 0;
}

static int set_caps(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{ .permitted = permitted, .effective = effective },
		{ .permitted = permitted >> 32, .effective = effective >> 32 },
	};

	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

static int get_permitted(uint64_t *permitted)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data))
		return -errno;
	*permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

/* What is permitted stays so for now. */
static int become(const struct privileges *p)
{
	if (!p->user)
		return 0;
	if (prctl(PR_SET_KEEPCAPS, 1) || initgroups(p->user, p->gid) ||
	    setresgid(p->gid, p->gid, p->gid) || setresuid(p->uid, p->uid, p->uid))
		return -errno;
	return 0;
}

/* Nothing is in effect when this is asked. */
static uint64_t needed(const struct privileges *p, const struct source *src, uint64_t permitted)
{
	uint64_t caps = source_lacks(src);

	/* the kernel takes that one for the other, and we may have no other */
	if (caps & BIT(CAP_BPF) & ~permitted)
		caps |= BIT(CAP_SYS_ADMIN);
	if (p->command)
		caps |= BIT(CAP_KILL);
	if (p->folder && faccessat(AT_FDCWD, p->folder, W_OK | X_OK, AT_EACCESS))
		caps |= BIT(CAP_DAC_OVERRIDE);
	return caps & permitted;
}

/* Who may not do that gains nothing by executing: see no_new_privs below. */
static void drop_bounds(void)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap);
}

int privileges_drop(const struct privileges *p, const struct source *src, struct fault *fault)
{
	uint64_t permitted = 0, keep;
	int err = get_permitted(&permitted);

	drop_bounds();
	if (!err)
		err = become(p);
	if (err) {
		fault_set(fault, "becoming %s: %s; that takes root, or leave out --user",
			  p->user ? p->user : "less", strerror(-err));
		return err;
	}
	err = set_caps(permitted, 0);
	if (!err) {
		keep = needed(p, src, permitted);
		err = set_caps(keep, keep);
	}
	if (!err && (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ||
		     prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)))
		err = -errno;
	if (err)
		fault_set(fault, "giving up privileges: %s", strerror(-err));
	return err;
}
