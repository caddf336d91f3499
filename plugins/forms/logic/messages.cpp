// messages.cpp: see the header.
#include "logic/messages.hpp"

#include <array>

#include "socle/json/writer.hpp"

namespace socle::forms {
namespace {

struct Sentence {
  std::string_view code;
  std::string_view zh;  // {limit} and the like are the fault's params
};
constexpr std::array sentences{
    Sentence{"type", "类型应为 {wanted}，实际为 {found}"},
    Sentence{"enum", "只能是以下取值之一：{allowed}"},
    Sentence{"const", "只能是 {allowed}"},
    Sentence{"minimum", "不能小于 {limit}，实际为 {found}"},
    Sentence{"exclusiveMinimum", "必须大于 {limit}，实际为 {found}"},
    Sentence{"maximum", "不能大于 {limit}，实际为 {found}"},
    Sentence{"exclusiveMaximum", "必须小于 {limit}，实际为 {found}"},
    Sentence{"multipleOf", "必须是 {limit} 的倍数，实际为 {found}"},
    Sentence{"minLength", "至少 {limit} 个字符，实际 {found} 个"},
    Sentence{"maxLength", "最多 {limit} 个字符，实际 {found} 个"},
    Sentence{"pattern", "格式不符合 {pattern}"},
    Sentence{"format", "不是有效的 {format}"},
    Sentence{"minItems", "至少 {limit} 项，实际 {found} 项"},
    Sentence{"maxItems", "最多 {limit} 项，实际 {found} 项"},
    Sentence{"uniqueItems", "第 {first} 项与第 {second} 项重复"},
    Sentence{"minProperties", "至少 {limit} 个成员，实际 {found} 个"},
    Sentence{"maxProperties", "最多 {limit} 个成员，实际 {found} 个"},
    Sentence{"required", "必填"},
    Sentence{"dependentRequired", "填写了 {because} 时必填"},
    Sentence{"additionalProperties", "没有名为 {member} 的字段"},
    Sentence{"unevaluatedProperties", "没有名为 {member} 的字段"},
    Sentence{"anyOf", "不符合任何一种允许的形式"},
    Sentence{"oneOf", "必须恰好符合一种允许的形式"},
    Sentence{"not", "不允许的取值"},
    Sentence{"contains", "缺少必须包含的项"},
    Sentence{"limit", "数据过大或嵌套过深，无法校验"},
};

std::string filled(std::string_view text, const schema::Fault& fault) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = text.find('}', open);
    const auto name = text.substr(open + 1, close - open - 1);
    for (const auto& [key, value] : fault.params)
      if (key == name) out += value;
    text.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace

std::string schema_message(const schema::Fault& fault, Language language) {
  if (language == Language::en) return fault.message;
  for (const auto& sentence : sentences)
    if (sentence.code == fault.code) return filled(sentence.zh, fault);
  return "不符合要求（" + std::string(fault.code) + "）";
}

std::string required_message(Language language) { return language == Language::zh ? "必填" : "must be filled in"; }
std::string options_message(Language language) {
  return language == Language::zh ? "不在可选范围内" : "is none of the options that are allowed now";
}
std::string compute_message(const std::string& english, Language language) {
  return (language == Language::zh ? "无法计算：" : "cannot be computed: ") + english;
}
std::string cell_message(FieldType type, bool too_long, Language language) {
  const bool zh = language == Language::zh;
  if (too_long)
    return zh ? "过长：建有索引的文本最多 1024 字节" : "is longer than the 1,024 bytes that an index can hold";
  switch (type) {
    case FieldType::integer: return zh ? "应为 64 位以内的整数" : "must be a whole number of at most 64 bits";
    case FieldType::number: return zh ? "应为数字" : "must be a number";
    case FieldType::boolean: return zh ? "应为 true 或 false" : "must be true or false";
    case FieldType::date: return zh ? "应为日期，例如 2026-01-31" : "must be a date, such as 2026-01-31";
    case FieldType::timestamp:
      return zh ? "应为 1677 至 2262 年间的时间，例如 2026-01-31T09:30:00Z"
                : "must be a moment of the years 1677 to 2262, such as 2026-01-31T09:30:00Z";
    case FieldType::decimal:
      return zh ? "应为数字，例如 1234.50，最多 64 位" : "must be a number, such as 1234.50, of at most 64 digits";
    default: return zh ? "应为文本" : "must be a text";
  }
}
std::string more_message(std::size_t count, Language language) {
  const auto number = std::to_string(count);
  return language == Language::zh ? "还有 " + number + " 处错误" : "and " + number + " more";
}
std::string reference_message(const std::string& form, Language language) {
  return language == Language::zh ? "在 " + form + " 中没有这条记录" : "there is no such record in " + form;
}

std::string attachment_message(std::string_view code, std::string_view file, Language language) {
  const bool zh = language == Language::zh;
  if (code == "attachment_type")
    return (zh ? "此处不接受这种类型的文件：" : "files of this type are not taken here: ") + std::string(file);
  if (code == "attachment_size") return (zh ? "文件过大：" : "is too large a file: ") + std::string(file);
  return zh ? "没有这个文件，请先上传" : "there is no such file; upload it first";
}

std::string params_of(const schema::Fault& fault) {
  if (fault.params.empty()) return {};
  std::string text;
  json::Writer out(text);
  out.begin_object();
  for (const auto& [key, value] : fault.params) out.member(key, value);
  out.end_object();
  return text;
}

}  // namespace socle::forms
