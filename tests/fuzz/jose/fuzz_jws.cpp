// Any text as a token and as a key set: no crash, and nothing verifies that was not signed.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "socle/jose/jws.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace socle;
  static const auto key = jose::Key::generate(jose::Algorithm::hs256, "k");
  static const jose::KeySet keys({*key});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto compact = jose::verify(text, keys);
  const auto general = jose::verify_json(text, keys);
  if (compact.ok() || general.ok()) std::abort();
  if (compact.reason.empty() || general.reason.empty()) std::abort();
  if (auto set = jose::KeySet::parse(text); set && !jose::KeySet::parse(set->public_text())) std::abort();
  return 0;
}
