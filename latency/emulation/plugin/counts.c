// QEMU plugin that counts what an AArch64 program executes between marker system calls (number 0x7ead). First argument
// of a marker: 0 starts filling the caches, 1 starts counting, 2 ends it, 3 reads what was counted so far; second argument: a
// number that names the run, or the reading. Plugin arguments: out=FILE, l1=BYTES:WAYS:LINE, l2=BYTES:WAYS:LINE. Writes one
// line of "name value" pairs at each end ("model ...") and reading ("reading ...").
// The program must be single-threaded while it is counted.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cache.h"
#include "classes.h"
#include "qemu_plugin.h"

enum { MARKER = 0x7ead, FILL = 0, BEGIN = 1, FINISH = 2, READ = 3 };

struct Tally {
  uint64_t instructions, by_class[CLASSES], loaded_bytes, stored_bytes, l1_misses, l2_misses;
};

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API;

static struct Tally now, begun;
static struct Cache l1, l2;
static uint64_t newest;  // the last accessed line, which is always a hit
static int filling, counting;
static FILE *out;

static void touched(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *unused) {
  (void)cpu, (void)unused;
  if (!filling) return;
  const uint64_t bytes = UINT64_C(1) << qemu_plugin_mem_size_shift(info);
  *(qemu_plugin_mem_is_store(info) ? &now.stored_bytes : &now.loaded_bytes) += bytes;
  const uint64_t last = (address + bytes - 1) >> l1.line_shift;
  for (uint64_t line = address >> l1.line_shift; line <= last; line++) {
    if (line == newest) continue;
    newest = line;
    if (!cache_touch(&l1, line)) cache_touch(&l2, line);
  }
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  (void)id;
  uint64_t counts[CLASSES] = {0};
  const size_t length = qemu_plugin_tb_n_insns(block);
  for (size_t i = 0; i < length; i++) {
    struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
    uint32_t word;
    memcpy(&word, qemu_plugin_insn_data(instruction), sizeof word);
    counts[classify(word)]++;
    qemu_plugin_register_vcpu_mem_cb(instruction, touched, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, NULL);
  }
  qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &now.instructions, length);
  for (int i = 0; i < CLASSES; i++) {
    if (counts[i])
      qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &now.by_class[i], counts[i]);
  }
}

static void report(const char *what, uint64_t name) {
  fprintf(out, "%s %" PRIu64 " instructions %" PRIu64, what, name, now.instructions - begun.instructions);
  for (int i = 0; i < CLASSES; i++) fprintf(out, " %s %" PRIu64, class_names[i], now.by_class[i] - begun.by_class[i]);
  fprintf(out, " loaded_bytes %" PRIu64 " stored_bytes %" PRIu64, now.loaded_bytes - begun.loaded_bytes,
          now.stored_bytes - begun.stored_bytes);
  fprintf(out, " l1_misses %" PRIu64 " l2_misses %" PRIu64 "\n", l1.misses - begun.l1_misses,
          l2.misses - begun.l2_misses);
  fflush(out);
}

static void called(qemu_plugin_id_t id, unsigned cpu, int64_t number, uint64_t what, uint64_t name, uint64_t a3,
                   uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8) {
  (void)id, (void)cpu, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
  if (number != MARKER) return;
  if (what == FILL) {
    filling = 1;
  } else if (what == FINISH) {
    report("model", name);
    counting = 0;
  } else if (what == READ) {
    if (counting) report("reading", name);
  } else if (what == BEGIN) {
    counting = 1;
    begun = now;
    begun.l1_misses = l1.misses;
    begun.l2_misses = l2.misses;
  }
}

static int open_cache(struct Cache *cache, const char *sizes) {
  uint64_t bytes;
  unsigned ways, line;
  return sscanf(sizes, "%" SCNu64 ":%u:%u", &bytes, &ways, &line) == 3 && cache_open(cache, bytes, ways, line);
}

PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
  (void)info;
  int good = 1;
  for (int i = 0; i < argc && good; i++) {
    if (!strncmp(argv[i], "out=", 4)) {
      out = fopen(argv[i] + 4, "w");
    } else if (!strncmp(argv[i], "l1=", 3)) {
      good = open_cache(&l1, argv[i] + 3);
    } else if (!strncmp(argv[i], "l2=", 3)) {
      good = open_cache(&l2, argv[i] + 3);
    } else {
      good = 0;
    }
  }
  if (!good || out == NULL || l1.tags == NULL || l2.tags == NULL || l1.line_shift != l2.line_shift) {
    fprintf(stderr, "counts: expected out=FILE, l1=BYTES:WAYS:LINE and l2=BYTES:WAYS:LINE with the same LINE\n");
    return 1;
  }
  newest = UINT64_MAX;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_vcpu_syscall_cb(id, called);
  return 0;
}
