// Any bytes as a library: read_elf(), the whole inspection and that of the descriptor answer, never crash, hang or read
// outside. Its seeds are the libraries of tests/fixtures, the smaller of which is no longer than a test's run allows
// (-max_len).
#include <cstdint>
#include <cstdlib>
#include <string>

#include "loader/descriptor.hpp"
#include "loader/verify.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto report = socle::loader::inspect(bytes, bytes.substr(0, 100), {"fuzz", {}, {}, {}}, {});
  if (report.findings.empty() != report.verified.has_value()) std::abort();
  const auto descriptor = socle::loader::inspect_descriptor(bytes, {"fuzz", {}, {}, {}}, {"fuzz/1.do"}, {});
  if (!descriptor.told && !descriptor.findings.empty()) std::abort();
  return 0;
}
