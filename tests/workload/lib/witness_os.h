/* SPDX-License-Identifier: GPL-2.0 */
/* What witness.c takes from where it runs: the kernel, in a module, or a program. */
#ifndef WORKLOAD_WITNESS_OS_H
#define WORKLOAD_WITNESS_OS_H

#ifdef __KERNEL__

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

typedef struct seq_file witness_file;
#define witness_print seq_printf

static inline void *witness_alloc(size_t size)
{
	return kvmalloc(size, GFP_KERNEL);
}

static inline void witness_free(void *p)
{
	kvfree(p);
}

static inline uint64_t witness_now_ns(void)
{
	return ktime_get_ns();
}

static inline int witness_flush(witness_file *out)
{
	return seq_has_overflowed(out) ? -ENOSPC : 0;
}

#else

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef FILE witness_file;
#define witness_print fprintf

static inline void *witness_alloc(size_t size)
{
	return malloc(size);
}

static inline void witness_free(void *p)
{
	free(p);
}

static inline uint64_t witness_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static inline int witness_flush(witness_file *out)
{
	return fflush(out) ? -errno : 0;
}

#endif
#endif
