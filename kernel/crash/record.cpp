#include "crash/record.hpp"

#include <sstream>

#include "base/file.hpp"

namespace socle::crash {
namespace {
constexpr size_t record_limit = 1 << 20;
}

Record Record::open(const std::filesystem::path& data) {
  Record record(data / "crash-record");
  const auto text = base::read_file(record.file_, record_limit);
  if (!text) return record;
  std::istringstream lines(*text);
  std::string plugin;
  Entry entry;
  while (lines >> plugin >> entry.version >> entry.crashes) record.entries_[plugin] = entry;
  return record;
}

uint32_t Record::crashes(std::string_view plugin, std::string_view version) const {
  const auto it = entries_.find(plugin);
  return it != entries_.end() && it->second.version == version ? it->second.crashes : 0;
}

uint32_t Record::count(const std::string& plugin, const std::string& version) {
  Entry& entry = entries_[plugin];
  if (entry.version != version) entry = {version, 0};
  return ++entry.crashes;
}

bool Record::forget(const std::string& plugin) { return entries_.erase(plugin) > 0; }

Status Record::keep() const {
  std::string out;
  for (const auto& [plugin, entry] : entries_)
    out += plugin + " " + entry.version + " " + std::to_string(entry.crashes) + "\n";
  return base::write_file_atomic(file_, out, 0600);
}

}  // namespace socle::crash
