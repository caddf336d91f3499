// Fuzz target of the trail's readers: a good trail of a few entries, one file of which holds the input's bytes instead,
// or has them laid over its own. Verifying, searching, opening and appending must neither crash nor read beyond, and a
// changed file must never verify.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "socle/audit/find.hpp"
#include "socle/audit/trail.hpp"
#include "socle/audit/verify.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace socle::audit;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}
void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

constexpr const char* files[] = {"segments/00000000000000000001.log", "segments/00000000000000000001.index", "head",
                                 "key.pub", "key"};

struct Good {
  socle::testing::TempDir dir;
  std::string bytes[5];
  Good() {
    auto trail = Trail::open(dir.path());
    if (!trail) std::abort();
    for (int i = 0; i < 300; ++i) {
      Entry entry;
      entry.tenant = "acme";
      entry.target = "t";
      entry.trace = std::to_string(i);
      entry.json = R"({"tenant":"acme","operation":"x","target":"t","trace":")" + entry.trace + R"(","pad":")" +
                   std::string(200, 'x') + "\"}";
      if (!(*trail)->append({&entry, 1})) std::abort();
    }
    trail->reset();
    for (std::size_t i = 0; i < 5; ++i) bytes[i] = read_file(dir.path() + "/" + files[i]);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Good good;
  if (size < 4) return 0;
  const std::size_t which = data[0] % 5;
  const bool over = (data[0] & 0x80U) != 0;
  const std::string input(reinterpret_cast<const char*>(data) + 4, size - 4);
  std::string bytes = good.bytes[which];
  const std::size_t at = (data[1] | data[2] << 8U | data[3] << 16U) % bytes.size();
  if (over) {
    bytes.replace(at, std::min(input.size(), bytes.size() - at), input.substr(0, bytes.size() - at));
  } else {
    bytes = bytes.substr(0, at) + input;
  }
  const std::string path = good.dir.path() + "/" + files[which];
  write_file(path, bytes);
  const bool verified = !verify_trail(good.dir.path()).finding;
  // What lies after the signed end is nobody's yet.
  const bool same =
      which <= 1 ? bytes.substr(0, good.bytes[which].size()) == good.bytes[which] : bytes == good.bytes[which];
  if (verified != same && !(which == 1 && verified)) std::abort();
  Question question;
  question.tenant = "acme";
  static_cast<void>(find_entries(good.dir.path(), question));
  if (auto trail = Trail::open(good.dir.path())) {
    Entry entry;
    entry.json = "{}";
    static_cast<void>((*trail)->append({&entry, 1}));
  }
  // As it was: what opening a broken trail has begun anew goes, too.
  const std::filesystem::path root = good.dir.path();
  for (const auto& entry : std::filesystem::directory_iterator(root / "segments")) {
    const auto name = "segments/" + entry.path().filename().string();
    if (name != files[0] && name != files[1]) std::filesystem::remove(entry.path());
  }
  for (std::size_t i = 0; i < 5; ++i) write_file(root / files[i], good.bytes[i]);
  return 0;
}
