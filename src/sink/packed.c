// SPDX-License-Identifier: GPL-2.0
#include "urbscope/packed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define LEVEL  3
#define CHUNK  (128 * 1024)

struct packed {
	FILE *out;
	ZSTD_CCtx *zstd;
	char buf[CHUNK];	/* packed, on its way to `out` */
};

bool packed_by_name(const char *name)
{
	size_t length = name ? strlen(name) : 0;

	return length > 4 && !strcmp(name + length - 4, ".zst");
}

/* All of `in`, and for ZSTD_e_end all that the frame still needs. 0 or -errno. */
static int pack(struct packed *self, ZSTD_inBuffer *in, ZSTD_EndDirective how)
{
	size_t left;

	do {
		ZSTD_outBuffer out = { self->buf, sizeof(self->buf), 0 };

		left = ZSTD_compressStream2(self->zstd, &out, in, how);
		if (ZSTD_isError(left))
			return -EIO;
		if (fwrite(self->buf, 1, out.pos, self->out) != out.pos)
			return errno ? -errno : -EIO;
	} while (how == ZSTD_e_end ? left : in->pos < in->size);
	return 0;
}

static ssize_t packed_write(void *cookie, const char *data, size_t size)
{
	ZSTD_inBuffer in = { data, size, 0 };
	int err = pack(cookie, &in, ZSTD_e_continue);

	if (!err)
		return size;
	errno = -err;
	return 0;	/* of a cookie's write, an error */
}

static int packed_close(void *cookie)
{
	struct packed *self = cookie;
	ZSTD_inBuffer nothing = { NULL, 0, 0 };
	int err = pack(self, &nothing, ZSTD_e_end);

	if (fclose(self->out) && !err)
		err = -errno;
	ZSTD_freeCCtx(self->zstd);
	free(self);
	errno = -err;
	return err ? EOF : 0;
}

FILE *packed_open(FILE *out)
{
	static const cookie_io_functions_t functions = { .write = packed_write, .close = packed_close };
	struct packed *self = calloc(1, sizeof(*self));
	FILE *file = NULL;

	if (self)
		self->zstd = ZSTD_createCCtx();
	if (self && self->zstd) {
		self->out = out;
		ZSTD_CCtx_setParameter(self->zstd, ZSTD_c_compressionLevel, LEVEL);
		ZSTD_CCtx_setParameter(self->zstd, ZSTD_c_checksumFlag, 1);
		file = fopencookie(self, "w", functions);
	}
	if (file) {
		setvbuf(file, NULL, _IOFBF, CHUNK);
		return file;
	}
	if (self)
		ZSTD_freeCCtx(self->zstd);
	free(self);
	errno = ENOMEM;
	return NULL;
}
