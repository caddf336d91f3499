// Any bytes as a batch file and as a journal: refused in words or accepted, never a crash; what is accepted reads back
// from its journal line as the same settings, and a frame that is whole is the frame of its body.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tenants/batch.hpp"
#include "tenants/journal.hpp"

using namespace socle::tenants;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto batch = parse_batch(text, "fuzz", std::nullopt);
  if (!batch && batch.error().message.empty()) std::abort();
  if (batch) {
    for (const BatchEntry& entry : *batch) {
      if (!id_problem(entry.id).empty()) std::abort();
      const std::string line = journal_line(entry.id, entry.settings, false);
      const auto words = words_of(line);
      Settings again;
      for (std::size_t i = 2; i < words.size(); ++i) {
        if (!again.take_kept(words[i])) std::abort();
      }
      if (!again.mend().empty()) std::abort();
      if (words.size() < 2 || words[1] != entry.id || !(again == entry.settings)) std::abort();
    }
  }
  const Framed frame = read_frame(text);
  if (frame.size > text.size()) std::abort();
  if (frame.whole && frame_of(frame.body).value() != text.substr(0, frame.size)) std::abort();
  return 0;
}
