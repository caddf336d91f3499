#include "contract/key.hpp"

#include "contract/bytes.hpp"

namespace socle::storage {

std::string key_of(Space space) { return std::string(1, static_cast<char>(space)); }

std::string key_of(Space space, std::uint64_t tenant) {
  std::string out = key_of(space);
  put_ordered_number(out, tenant);
  return out;
}

std::string key_of(Space space, std::uint64_t tenant, std::uint64_t collection) {
  std::string out = key_of(space, tenant);
  put_ordered_number(out, collection);
  return out;
}

std::string document_key(std::uint64_t tenant, std::uint64_t collection, std::string_view id) {
  return key_of(Space::document, tenant, collection).append(id);
}

std::string index_prefix(std::uint64_t tenant, std::uint64_t collection, std::uint64_t index) {
  std::string out = key_of(Space::index, tenant, collection);
  put_ordered_number(out, index);
  return out;
}

std::string feed_key(std::uint64_t tenant, std::uint64_t commit) {
  std::string out = key_of(Space::feed, tenant);
  put_big_endian(out, commit);
  return out;
}

std::string idempotency_key(std::uint64_t tenant, std::string_view key) {
  return key_of(Space::idempotency, tenant).append(key);
}

std::string outbox_prefix(std::uint64_t tenant, std::string_view topic) {
  std::string out = key_of(Space::outbox, tenant);
  put_ordered_text(out, topic);
  return out;
}

std::string slot_key(Space space, std::uint64_t slot) {
  std::string out = key_of(space);
  put_big_endian(out, slot);
  return out;
}

std::string meta_key(std::string_view name) { return key_of(Space::meta).append(name); }
std::string tenant_name_key(std::string_view tenant) { return meta_key("tenant/").append(tenant); }

std::string stored(std::string_view payload) { return std::string(value_header).append(payload); }

Result<std::string_view> payload_of(std::string_view value, std::string_view what) {
  if (value.starts_with(value_header)) return value.substr(value_header.size());
  std::string found = value.size() < 2 ? "no header"
                                       : "format " + std::to_string(static_cast<unsigned char>(value[0])) + ", key " +
                                             std::to_string(static_cast<unsigned char>(value[1]));
  return Error{Code::data_loss, std::string(what) + " has " + found +
                                    ", this version reads format 1, key 0: run the version that wrote it, or restore"};
}

namespace {
std::uint64_t zigzag(std::int64_t v) {
  return static_cast<std::uint64_t>(v) << 1 ^ static_cast<std::uint64_t>(v >> 63);
}
std::int64_t unzigzag(std::uint64_t v) { return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1); }
}  // namespace

std::string encode_record(const StoredRecord& record) {
  std::string out;
  out.reserve(record.text.size() + 20);
  out.append(value_header);
  put_number(out, record.version);
  put_number(out, zigzag(record.created_ms));
  put_number(out, zigzag(record.updated_ms - record.created_ms));
  out.append(record.text);
  return out;
}

Result<StoredRecord> decode_record(std::string_view value) {
  auto payload = payload_of(value, "a stored document");
  if (!payload) return std::move(payload).error();
  Reader in(*payload);
  StoredRecord out;
  out.version = in.number();
  out.created_ms = unzigzag(in.number());
  out.updated_ms = out.created_ms + unzigzag(in.number());
  out.text = in.rest();
  if (!in.ok() || out.text.empty())
    return Error{Code::data_loss, "a stored document is cut short: restore from a backup"};
  return out;
}

Outcome<IndexEntry> index_entry(std::uint64_t tenant, std::uint64_t collection, const Index& index,
                                const RecordView& record) {
  IndexEntry out;
  out.key = index_prefix(tenant, collection, index.number);
  out.enforced = index.unique;
  for (const auto& field : index.fields) {
    const std::size_t from = out.key.size();
    const Fit fit = encode_path(out.key, field.type, field.path, record);
    if (fit == Fit::other) {
      return problem_at(Code::invalid, "index_type", field.path.text,
                        "field " + field.path.text + " is not a valid " + std::string(to_string(field.type)) +
                            ", which index \"" + index.name + "\" needs");
    }
    if (out.key.size() - from > 2 * max_field_text + 3 ||
        (field.type == FieldType::string && fit == Fit::fits && field.path.of == FieldPath::Of::doc &&
         value_at(record, field.path).as_string().size() > max_field_text)) {
      return problem_at(
          Code::invalid, "index_value_too_long", field.path.text,
          "field " + field.path.text + " is longer than the 1,024 bytes that index \"" + index.name + "\" can hold");
    }
    if (fit == Fit::missing) out.enforced = false;
    if (field.descending) invert(out.key, from);
  }
  out.value = stored(index.unique ? record.id : std::string_view{});
  if (!out.enforced) put_entry_tail(out.key, index, record.id);
  return out;
}

void put_entry_tail(std::string& key, const Index& index, std::string_view id) {
  const std::size_t from = key.size();
  key.append(id);
  if (!index.fields.back().descending) return;
  key.push_back('\0');  // ids hold none, so the longer one comes first once inverted
  invert(key, from);
}

std::optional<std::size_t> fields_size(const std::vector<IndexField>& fields, std::size_t count,
                                       std::string_view rest) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto mask = static_cast<unsigned char>(fields[i].descending ? 0xFF : 0);
    auto byte = [&](std::size_t k) { return static_cast<unsigned char>(k < rest.size() ? rest[k] ^ mask : 0xEE); };
    const auto tag = byte(at++);
    if (tag == static_cast<unsigned char>(missing_tag)) continue;
    if (tag != static_cast<unsigned char>(present_tag)) return std::nullopt;
    switch (fields[i].type) {
      case FieldType::boolean: at += 1; break;
      case FieldType::string:
        while (at < rest.size() && !(byte(at) == 0 && byte(at + 1) == 1)) at += byte(at) == 0 ? 2 : 1;
        at += 2;
        break;
      case FieldType::decimal: {
        const auto sign = byte(at++);
        if (sign == 2) break;
        const auto flip = static_cast<unsigned char>(sign == 1 ? 0xFF : 0);
        at += 2;
        while (at < rest.size() && (byte(at) ^ flip) != 0) ++at;
        at += 1;
        break;
      }
      default: at += 8;
    }
    if (at > rest.size()) return std::nullopt;
  }
  return at;
}

Result<std::string> id_of_entry(const Index& index, std::string_view key, std::size_t prefix_size,
                                std::string_view value) {
  const Error damaged{Code::data_loss, "an entry of index \"" + index.name + "\" is damaged: run verify, then restore"};
  if (index.unique) {
    auto id = payload_of(value, "an index entry");
    if (!id || id->empty()) return damaged;
    return std::string(*id);
  }
  const auto rest = key.substr(prefix_size);
  const auto used = fields_size(index.fields, index.fields.size(), rest);
  if (!used || *used >= rest.size()) return damaged;
  std::string id(rest.substr(*used));
  if (index.fields.back().descending) {
    invert(id, 0);
    id.pop_back();
  }
  return id;
}

}  // namespace socle::storage
