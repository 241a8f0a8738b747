// SPDX-License-Identifier: GPL-2.0
/* The programs for fentry and fexit. */
#include "bpf.h"

#include <bpf/libbpf.h>

#include "urbscope.skel.h"

struct bpf_object *bpf_fentry_open(void)
{
	size_t size;
	const void *elf = urbscope_bpf__elf_bytes(&size);

	return bpf_object__open_mem(elf, size, NULL);
}
