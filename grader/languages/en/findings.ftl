# What was found, in English. A message's id is the code of a finding (grader/codes.py), its variables are the values.

list_separator = { ", " }
sentence_separator = { " " }
clause_separator = { "; " }

## judging/compare.py

at = { $place }{ ": " }
item = item { $number }
kind_differs = { $where }{ $got } came back where { $expected } is expected
key_missing = { $where }the key '{ $key }' is missing
key_unexpected = { $where }there is a key '{ $key }' that nobody asked for
length_differs = { $where }{ $got } items where { $expected } are expected
shape_differs = { $where }the shape is wrong; expected { $expected }, got { $got }
shape_broadcast = { $where }the shape is wrong; expected { $expected }, got { $got }. Did an (N,1) meet an (N,)? That gives (N,N)
dtype_differs = { $where }the dtype is wrong; expected { $expected }, got { $got }
nan_found = { $where }NaN where a number is expected; expected { $expected }, got { $got }
infinity_found = { $where }infinity where a number is expected; expected { $expected }, got { $got }
value_differs = { $where }another value is expected; expected { $expected }, got { $got }
values_differ = { $where }the values differ ({ $wrong } of { $size }, the first at index { $first }); expected { $expected }, got { $got }
gradient_differs = { $where }the gradient to { $argument } differs; expected { $expected }, got { $got }
gradient_unwanted = { $where }a gradient arrives at { $argument }, where there should be none (detach what is a constant); expected { $expected }, got { $got }
gradient_lacking = { $where }no gradient arrives at { $argument } (is something detached, or a new tensor made from numbers?); expected { $expected }, got { $got }
carries_gradient = the result still carries a gradient (requires_grad is True); it has to be a constant
argument = argument { $name }
a_tensor = a tensor of shape { $shape }
an_array = an array of shape { $shape }
nothing_at_all = None
a_bool = a bool
an_int = an int
a_float = a float
a_string = a string
an_object = a { $type }

## plain.py

not_plain = it returned { $what }
too_deep = data nested more than { $depth } deep
number_of_dtype = a number of dtype { $dtype }
integer_too_large = an integer of more than 64 bits
too_many_keys = a dictionary of more than { $keys } keys
plain_wanted = an object of type { $type }, where numbers, lists or tensors are expected
half_a_character = a string with half a character in it (a lone surrogate)
key_of_type = a dictionary key of type { $type }, or one that is too large
tensor_of_layout = a tensor of layout { $layout } and dtype { $dtype } on { $device }
array_of_dtype = an array of dtype { $dtype }
malformed = a malformed message ({ $what })
too_many_bytes = a message of { $bytes } bytes, where { $allowed } are allowed

## run/answers.py

still_to_do = still to do
waits_for = waits for { $function }, which is still to do
raised = it raised { $exception }: { $message }
raised_silently = it raised { $exception }
out_of_time = it was stopped after { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
}
changed_in_place = it changes a tensor in place (like x += 1 or x[0] = 1) that asks for a gradient, which torch refuses: inputs are never changed, so work on a new tensor
input_changed = the function changed its input: { $argument } of { $function }
global_dice = it used the global random state although it was given a generator

## lab/loading.py, lab/quiz.py

file_missing = { $file } is missing: it has to lie in the lab's own folder, under this name
not_utf8 = { $file } is not UTF-8 (line { $line }, byte { $byte }): save it again with the encoding UTF-8
other_encoding = { $file } is { $encoding }: save it again with the encoding UTF-8
unknown_encoding = { $file } cannot be decoded ({ $message }): save it with the encoding UTF-8, and without a coding line
holds_nul = { $file } holds a NUL byte (line { $line }), which no Python file may: save it again with the encoding UTF-8
syntax_error = { $file }, line { $line }: syntax error: { $message } (read by Python { $python })
syntax_error_somewhere = { $file }: syntax error: { $message } (read by Python { $python })
syntax_newer = { $file }, line { $line }: this is syntax of Python { $needed }, and Python { $python } reads it: write it so that { $python } can
needs_python = { $file }, line { $line }: this is syntax of Python { $needed }. Where an older Python grades, the whole file earns nothing
not_python = { $file } cannot be read as Python: { $message }
nested_too_deep = { $file } cannot be read as Python: it is nested too deep, or too large
import_not_allowed = { $file }, line { $line }: { $lab } does not allow an import of { $module }; what it asks for is written with torch, numpy and the standard library
import_unused = { $file }, line { $line }: { $lab } does not allow an import of { $module }. It costs nothing while nothing uses it
import_out_of_time = { $file } was still being imported after { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
}: put what trains under if __name__ == "__main__":
hides_module = { $file } in the lab's folder has the name of the module { $module }, which other files import: give it another name. It is not handed in
import_of_a_lab = { $file }, line { $line }: { $module } cannot be imported where this is graded; the lab's own files are imported by their bare names, without labs and the lab's folder
import_failed = { $file }, line { $line }: the file fails while it is imported: { $reason }
import_failed_somewhere = { $file }: the file fails while it is imported: { $reason }
exception = { $exception }: { $message }
exception_alone = { $exception }
function_missing = { $file } has no function { $function }: was it renamed or deleted? make { $lab }-reset FILE={ $file } brings the skeleton of the whole file back, and keeps yours
file_too_large = { $file } is larger than { $bytes } bytes
not_json = { $file } is not valid JSON: { $message }
entry_missing = { $file } has no entry { $entry }: make { $lab }-reset FILE={ $file } brings the blank file back, and keeps yours
answers_wanted = { $file } has to look like { "{" }"1": "a", "2": null, ...{ "}" }
choices_wanted = { $file }: every answer has to be one of { $choices }; look at { $questions }
key_lacks = { $file }: the key lacks { $questions }
not_answered = not answered

## grading/asking.py

limit_memory = it ran into a limit: { $megabytes } MB of memory (memory_bytes in lab.toml)
limit_disk = it ran into a limit: { $megabytes } MB on disk (disk_bytes in lab.toml)
limit_threads = it ran into a limit: { $threads } threads at a time (threads in lab.toml)
limit_stacks = it ran into a limit: { $threads } threads at a time, and { $megabytes } MB for their stacks (threads, memory_bytes in lab.toml)
limit_processes = it ran into a limit: { $processes ->
    [one] { $processes } process
   *[other] { $processes } processes
} at a time, its own included (processes in lab.toml)
limit_open_files = it ran into a limit: { $files } open files (open_files in lab.toml)
limit_output = it ran into a limit: { $megabytes } MB in one answer (output_bytes in lab.toml)
limit_terminal = it ran into a limit: nothing can be read from a terminal while it is imported or checked (input, breakpoint)
limit_network = it ran into a limit: there is no network where it is checked
no_answer = it was stopped after { $seconds } seconds without an answer
seconds_used = the submission had used its { $seconds } seconds before (submission_seconds in lab.toml)
killed = its process was killed from outside: the machine may lack memory ({ $times } times)
died = its process ended during the call
died_of_signal = its process ended during the call by signal { $number } ({ $name })
sent_no_answer = its process sent { $what }

## judging/judge.py, grading

in_case = case '{ $case }': { $finding }
counts_once = counts once this passes: { $title }
by_heart = right on the published cases, and on less than three quarters of the hidden ones, which points for the former need
not_asked = not asked, since the published cases took too long already
file_unusable = no task of it can be graded: { $why }
processes_died = { $count } grading processes died over it: not enough memory, perhaps
result_replaced = the earlier result could not be read; it was replaced, and is kept as result.json.bad
not_written = { $path } could not be written: { $reason }
earlier_kept = the grader failed this time; the earlier result was kept
no_folder_of_this_name = not graded: no folder for results can have this name ({ $why }); rename what was handed in
and_more = and { $count } more
of_checks = { $checks }: { $finding }
graded_by_hand = graded by hand
nothing_written = nothing is written for it
grader_failed = the grader failed: { $message }
grader_trace = { $trace }
old_sentence = { $text }

## What a student is told of a hidden case

hidden_file = the file of this task cannot be used
hidden_wait = waits for another function, which is still to do
hidden_death = its process ended during the call, or sent what is no answer
hidden_exception = it raised an exception
hidden_type = what it returned is of another kind than was asked for
hidden_shape = a shape or a length is wrong
hidden_dtype = a dtype is wrong
hidden_nan = NaN or infinity where a number is expected
hidden_value = a value is wrong
hidden_gradient = a gradient is wrong
hidden_flag = the result still carries a gradient
hidden_purity = the function changed its input, or used the global random state
