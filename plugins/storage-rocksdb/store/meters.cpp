#include "store/meters.hpp"

namespace socle::storage {

Meters::Meters(const Host& host) {
  writes = host.counter("storage_writes_total", "changes that were committed");
  refused = host.counter("storage_writes_refused_total", "changes that ended with an error; nothing of them happened");
  group_calls = host.histogram("storage_group_calls", "changes that shared one commit");
  write_seconds = host.histogram("storage_write_seconds", "a change from its submission to its answer");
  const std::string_view commit = "one commit's write to the log, with its sync where durability is sync";
  commits_synced = host.histogram("storage_commit_seconds{durability=\"sync\"}", commit);
  commits_unsynced = host.histogram("storage_commit_seconds{durability=\"async\"}", commit);
  syncs = host.counter("storage_syncs_total", "times the log was synced to disk");
  written = host.counter("storage_written_bytes_total", "bytes of keys and values written to the log");
  const std::string_view reads = "requests that read, by method";
  gets = host.counter("storage_reads_total{method=\"get\"}", reads);
  queries = host.counter("storage_reads_total{method=\"query\"}", reads);
  other_reads = host.counter("storage_reads_total{method=\"other\"}", reads);
  looked_at = host.counter("storage_scanned_documents_total", "documents and index entries that queries looked at");
  too_broad = host.counter("storage_filter_too_broad_total", "queries refused because they would look at too much");
  offloaded =
      host.counter("storage_reads_offloaded_total", "reads that needed the disk, or more time than a worker has");
  wal = host.gauge("storage_wal_bytes", "size of the log's files");
  memtables = host.gauge("storage_memtable_bytes", "writes in memory, sorted");
  files = host.gauge("storage_table_bytes", "size of the sorted files");
  block_cache = host.gauge("storage_block_cache_bytes", "blocks of sorted files kept in memory");
  compaction = host.gauge("storage_compaction_pending_bytes", "bytes that wait to be sorted together");
  stalled = host.gauge("storage_stalled", "whether RocksDB slows (1) or stops (2) writes until it has caught up");
  stalled_for = host.counter("storage_stalled_seconds_total", "seconds in which it did so");
  upkeep = host.counter("storage_upkeep_cpu_seconds_total", "CPU time of flushes and compactions");
  upkeep_rate = host.gauge("storage_upkeep_cpu_seconds_per_byte",
                           "what a byte written is charged for them, an entry counting 300 bytes more than it has");
}

}  // namespace socle::storage
