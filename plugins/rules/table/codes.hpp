// codes.hpp: every stable code that the rules kind answers with, what it means and what to do about it.
// docs/rules-errors.md is this table; a test compares the two.
#pragma once

#include <array>
#include <string_view>

namespace socle::rules::codes {

// While compiling.
inline constexpr std::string_view ruleset_shape = "ruleset_shape";
inline constexpr std::string_view table_shape = "table_shape";
inline constexpr std::string_view unknown_key = "unknown_key";
inline constexpr std::string_view later_part = "later_part";
inline constexpr std::string_view hit_policy = "hit_policy";
inline constexpr std::string_view cell_syntax = "cell_syntax";
inline constexpr std::string_view cell_type = "cell_type";
inline constexpr std::string_view expression = "expression";
inline constexpr std::string_view output_priority = "output_priority";
inline constexpr std::string_view rows_overlap = "rows_overlap";
inline constexpr std::string_view rows_contradict = "rows_contradict";
inline constexpr std::string_view gap = "gap";
inline constexpr std::string_view unreachable_row = "unreachable_row";
inline constexpr std::string_view analysis_incomplete = "analysis_incomplete";
inline constexpr std::string_view step_name = "step_name";
inline constexpr std::string_view step_cycle = "step_cycle";
inline constexpr std::string_view input_schema = "input_schema";
inline constexpr std::string_view too_large = "too_large";
inline constexpr std::string_view test_failed = "test_failed";
inline constexpr std::string_view cost_unbounded = "cost_unbounded";
inline constexpr std::string_view too_costly = "too_costly";
inline constexpr std::string_view import_unsupported = "import_unsupported";
inline constexpr std::string_view import_syntax = "import_syntax";
// While evaluating.
inline constexpr std::string_view invalid_input = "invalid_input";
inline constexpr std::string_view input_type = "input_type";
inline constexpr std::string_view output_type = "output_type";
inline constexpr std::string_view no_row_hit = "no_row_hit";
inline constexpr std::string_view several_rows_hit = "several_rows_hit";
inline constexpr std::string_view rows_disagree = "rows_disagree";
inline constexpr std::string_view not_numbers = "not_numbers";
inline constexpr std::string_view not_json = "not_json";
inline constexpr std::string_view validation_failed = "validation_failed";

struct Entry {
  std::string_view code;
  std::string_view meaning;
  std::string_view remedy;
};

// The expression kit's own codes are in here too: evaluations answer with them unchanged.
inline constexpr std::array<Entry, 44> catalogue{{
    {ruleset_shape, "The model is not built as a ruleset.",
     "Compare with the example in docs/rules.md at the place named."},
    {table_shape, "A table is not built as a table.", "Give each row one cell a column; name each of several outputs."},
    {unknown_key, "A key means nothing where it stands.", "Correct its spelling or remove it."},
    {later_part, "A key of the model belongs to a part that is not there yet.", "Remove it."},
    {hit_policy, "The hit policy does not exist, or does not fit the outputs.",
     "Use U, A, P, F, R, O, C, C+, C<, C> or C#; the last four want one output."},
    {cell_syntax, "A cell cannot be read.", "Write a value, a comparison, a range, a list or '-'."},
    {cell_type, "A cell's value is not of its column's type.", "Correct the cell or the column's 'type'."},
    {expression, "An expression is wrong; the message tells where.", "Correct it; docs/cel.md has the language."},
    {output_priority, "P and O need to know which output comes first, and a row gives one that is not listed.",
     "List the outputs in 'values', the most important first."},
    {rows_overlap, "Two rows of a U table can be hit by one input.",
     "Narrow one of them, or use F, A or a list policy."},
    {rows_contradict, "Two rows of an A table can be hit by one input and give different outputs.",
     "Give both the same output, or narrow one."},
    {gap, "No row answers the input in the example.", "Add a row or a 'default', or say otherwise: \"null\"."},
    {unreachable_row, "No input can ever hit the row.", "Remove it, move it up, or correct its cells."},
    {analysis_incomplete, "The table is too entangled to be analysed completely.",
     "Split it, or accept that gaps and overlaps may be left."},
    {step_name, "A step's name is taken, reserved or not a name.",
     "Choose another; names are letters, digits and '_'."},
    {step_cycle, "Steps need each other's results.", "Break the circle named in the message."},
    {input_schema, "'input' is not a usable JSON Schema.", "Correct the keyword named."},
    {too_large, "The model has more steps, rows or text than allowed.", "Split it; docs/rules.md lists the limits."},
    {test_failed, "A test stored in the model does not give what it expects.", "Correct the rules or the test."},
    {cost_unbounded, "An expression loops over a list without a declared bound.",
     "Give the list 'maxItems' in the input schema."},
    {too_costly,
     "An expression, or all steps together, can take more fuel than an evaluation is allowed, even with one item where "
     "no "
     "bound is declared.",
     "Lower the bounds in the schema, or do less for each element."},
    {import_unsupported, "The imported model uses something that cannot be translated.",
     "Rewrite that part as the message says."},
    {import_syntax, "The imported model cannot be read.", "Export it again; the message tells where it breaks off."},
    {invalid_input, "The input does not satisfy the ruleset's schema.", "Correct the fields in 'errors'."},
    {input_type, "A table's input has another type than its column.",
     "Correct the record, or convert in the column's 'expr'."},
    {output_type, "An output cell gives another type than its column.",
     "Correct the record, or convert in the cell: string(x), double(x)."},
    {no_row_hit, "No row of a single-hit table matches.", "Add a row or a default for the values in the message."},
    {several_rows_hit, "Several rows of a U table match.", "Make the conditions of the rows named exclude each other."},
    {rows_disagree, "Rows of an A table match and give different outputs.", "Make the rows named agree."},
    {not_numbers, "C+, C< and C> want numbers.", "Give the output column numbers in every row."},
    {not_json, "A result has no JSON form.", "Convert it: string(bytes), double(x)."},
    {validation_failed, "A validator of severity error objects to the input.", "Correct what its message says."},
    {"no_such_key", "An expression reads a field that is not there.",
     "Declare it required, or read it with ?. and orValue()."},
    {"no_such_overload", "An operation does not exist for these values.",
     "Convert one side: double(x), string(x), decimal(x)."},
    {"undeclared", "A name or function is not known.", "Correct the spelling; docs/rules.md lists the names."},
    {"divide_by_zero", "A whole number or decimal is divided by zero.", "Ask first: b != 0 ? a / b : 0."},
    {"overflow", "A number does not fit its type.", "Use double or decimal."},
    {"range", "A value is outside of what its type holds.", "Check the value in the message."},
    {"invalid_argument", "A function cannot work on this value.", "Check the value in the message."},
    {"duplicate_key", "A map is given one key twice.", "Remove one."},
    {"out_of_fuel", "The evaluation takes more work than allowed.", "Bound lists, or split the ruleset."},
    {"out_of_memory", "The evaluation needs more memory than allowed.", "Build smaller texts and lists."},
    {"interrupted", "The host stopped the evaluation: deadline or cancellation.", "Try again with more time."},
    {"internal", "A fault of this program.", "Report it with the trace id."},
}};

}  // namespace socle::rules::codes
