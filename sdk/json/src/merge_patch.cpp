// RFC 7396, straight into a builder. Recursion is bounded by layout::max_depth.
#include "socle/json/builder.hpp"
#include "socle/json/patch.hpp"

namespace socle::json {
namespace {

// Members in the order of the target, then the new ones in the order of the patch.
void merge(Builder& out, View target, View patch) {
  if (!patch.is_object()) {
    out.value(patch);
    return;
  }
  const View old = target.is_object() ? target : View{};
  out.begin_object();
  for (std::size_t i = 0; i < old.size(); ++i) {
    const Key key = old.key_at(i);
    const View change = patch.find(key);
    if (change.is_null()) continue;
    out.key(key);
    if (change)
      merge(out, old.value_at(i), change);
    else
      out.value(old.value_at(i));
  }
  for (std::size_t i = 0; i < patch.size(); ++i) {
    const Key key = patch.key_at(i);
    const View value = patch.value_at(i);
    if (value.is_null() || old.find(key)) continue;
    out.key(key);
    merge(out, View{}, value);
  }
  out.end_object();
}

}  // namespace

Result<Document> merge_patch(View document, View patch) {
  Builder out;
  merge(out, document, patch);
  return out.finish();
}

}  // namespace socle::json
