"""Every code of a finding, by where it is made. Its message, of the same name, is in grader/languages/<language>/.

What a code's kind means, and which findings need a person, is said in grader/findings.py. A lab's own checks have codes
of their own, in the lab's messages.<language>.ftl.
"""

from collections.abc import Sequence
from typing import TypeVar

from grader.findings import Code, Finding, Kind, code, kind_of

Item = TypeVar("Item")

# --- judging/compare.py: what came back, held against what was expected -----------------------------------------------

# `where` is AT a place inside of a value, or "" for the value itself.
AT = code("at", "private", "place")  # keys, and ITEM for the places of a list
ITEM = code("item", "private", "number")
KIND_DIFFERS = code("kind_differs", "type", "where", "expected", "got")  # of A_TENSOR and its like
KEY_MISSING = code("key_missing", "type", "where", "key")
KEY_UNEXPECTED = code("key_unexpected", "type", "where", "key")
LENGTH_DIFFERS = code("length_differs", "shape", "where", "expected", "got")
SHAPE_DIFFERS = code("shape_differs", "shape", "where", "expected", "got")
SHAPE_BROADCAST = code("shape_broadcast", "shape", "where", "expected", "got")  # (N, N) where (N,) was expected
DTYPE_DIFFERS = code("dtype_differs", "dtype", "where", "expected", "got")
NAN_FOUND = code("nan_found", "nan", "where", "expected", "got")
INFINITY_FOUND = code("infinity_found", "nan", "where", "expected", "got")
VALUE_DIFFERS = code("value_differs", "value", "where", "expected", "got")
VALUES_DIFFER = code("values_differ", "value", "where", "expected", "got", "wrong", "size", "first")
GRADIENT_DIFFERS = code("gradient_differs", "gradient", "where", "argument", "expected", "got")
GRADIENT_UNWANTED = code("gradient_unwanted", "gradient", "where", "argument", "expected", "got")
GRADIENT_LACKING = code("gradient_lacking", "gradient", "where", "argument", "expected", "got")
CARRIES_GRADIENT = code("carries_gradient", "flag")

ARGUMENT = code("argument", "private", "name")
A_TENSOR = code("a_tensor", "private", "shape")
AN_ARRAY = code("an_array", "private", "shape")
NOTHING_AT_ALL = code("nothing_at_all", "private")
A_BOOL = code("a_bool", "private")
AN_INT = code("an_int", "private")
A_FLOAT = code("a_float", "private")
A_STRING = code("a_string", "private")
AN_OBJECT = code("an_object", "private", "type")

# --- checks/, plain.py: what cannot be judged, and properties that do not hold ----------------------------------------

MALFORMED = code("malformed", "private", "what")
TOO_MANY_BYTES = code("too_many_bytes", "private", "bytes", "allowed")
CANNOT_JUDGE = code("cannot_judge", "type", "why")  # a message of the lab's own
NOT_A_TENSOR = code("not_a_tensor", "type", "type")
INFERENCE_MODE = code("inference_mode", "flag")
NOT_PLAIN = code("not_plain", "type", "what")
TOO_DEEP = code("too_deep", "private", "depth")
NUMBER_OF_DTYPE = code("number_of_dtype", "private", "dtype")
INTEGER_TOO_LARGE = code("integer_too_large", "private")
TOO_MANY_KEYS = code("too_many_keys", "private", "keys")
PLAIN_WANTED = code("plain_wanted", "private", "type")
HALF_A_CHARACTER = code("half_a_character", "private")
KEY_OF_TYPE = code("key_of_type", "private", "type")
TENSOR_OF_LAYOUT = code("tensor_of_layout", "private", "layout", "dtype", "device")
ARRAY_OF_DTYPE = code("array_of_dtype", "private", "dtype")
OTHER_DEVICE = code("other_device", "value", "function", "message")
RESULT_ON_CPU = code("result_on_cpu", "value", "function")
DEVICE_UNCHECKED = code("device_unchecked", "exception", "function", "message")
PAIR_WANTED = code("pair_wanted", "type")
NO_GRADIENT_TO = code("no_gradient_to", "gradient", "argument")  # of log-probabilities
KEYS_WANTED = code("keys_wanted", "type", "keys")
TENSOR_WANTED = code("tensor_wanted", "type", "name", "type")
DTYPE_WANTED = code("dtype_wanted", "dtype", "name", "dtypes", "got")
SHAPE_WANTED = code("shape_wanted", "shape", "name", "expected", "got")
ACTIONS_OUTSIDE = code("actions_outside", "value", "low", "high", "count")
FREQUENCY_DIFFERS = code("frequency_differs", "value", "action", "probability", "frequency", "count", "allowed")
DRAWS_ALIKE = code("draws_alike", "value", "expected", "got", "count", "allowed")
LOG_PROBABILITY_VARIES = code("log_probability_varies", "value", "action", "low", "high")
GRADIENT_OF_ANOTHER = code("gradient_of_another", "gradient")
NORMAL_DIFFERS = code("normal_differs", "value", "where", "what", "expected", "got", "count", "allowed")
NORMAL_CORRELATED = code("normal_correlated", "value", "one", "other", "got", "allowed")
GROWS_FASTER = code("grows_faster", "limits", "times", "allowed")
SEEDED_ANEW = code("seeded_anew", "purity")
OTHER_GENERATOR = code("other_generator", "purity")

THE_ACTIONS = code("the_actions", "private")
THE_LOG_PROBABILITIES = code("the_log_probabilities", "private")
THE_GRADIENTS = code("the_gradients", "private")
COLUMN_OF_DRAWS = code("column_of_draws", "private", "row", "dimension")
THE_MEAN = code("the_mean", "private")
THE_MEAN_SQUARE = code("the_mean_square", "private")
THE_SHARE_WITHIN_ONE = code("the_share_within_one", "private")
THE_SHARE_BEYOND_TWO = code("the_share_beyond_two", "private")
THE_PRODUCT_WITH_THE_NEXT = code("the_product_with_the_next", "private")

# --- intake/: what was handed in, and what of it cannot be taken ------------------------------------------------------

# `file` and its like are names that a student chose: printable, in one line, and not without end.
NOTHING_TAKEN = code("nothing_taken", "file", "why", person=True)  # for one of these reasons:
IS_A_LINK = code("is_a_link", "file", "file")
IS_NO_FILE = code("is_no_file", "file", "file")
ARCHIVE_TOO_LARGE = code("archive_too_large", "file", "file", "bytes", "allowed")
ARCHIVE_UNKNOWN = code("archive_unknown", "file", "file")
ARCHIVE_BROKEN = code("archive_broken", "file", "file", "message")
ARCHIVE_ENCRYPTED = code("archive_encrypted", "file", "file")
ENDS_TOO_EARLY = code("ends_too_early", "file")
UNPACKS_TOO_LARGE = code("unpacks_too_large", "file", "allowed")
TOO_MANY_PIECES = code("too_many_pieces", "file", "allowed")
TOO_MANY_FILES = code("too_many_files", "file", "allowed")
TOO_MANY_NAMES = code("too_many_names", "file", "allowed")  # or too long ones: nobody reads them to count them
TOO_MANY_FOLDERS = code("too_many_folders", "file", "allowed")
MEMBER_TOO_LARGE = code("member_too_large", "file")
NOTHING_IN_IT = code("nothing_in_it", "file")
NONE_IN_IT = code("none_in_it", "file", "files")

UNREADABLE = code("unreadable", "private", "file", "why", person=True)  # what the machine says, or:
INSIDE = code("inside", "private", "file", "why")
LEADS_NOWHERE = code("leads_nowhere", "private")
CHANGES_MEANWHILE = code("changes_meanwhile", "private")

REFUSED_LINK = code("refused_link", "file", "file", person=True)
REFUSED_PATH = code("refused_path", "file", "file", person=True)
REFUSED_NAME = code("refused_name", "file", "file", person=True)
REFUSED_METHOD = code("refused_method", "file", "file", person=True)
MORE_REFUSED = code("more_refused", "file", "count", person=True)
IN_IT_TWICE = code("in_it_twice", "file", "file", person=True)
NOT_TAKEN = code("not_taken", "file", "file", "bytes", "allowed", person=True)
NOT_IN_IT = code("not_in_it", "file", "file", person=True)
IGNORED = code("ignored", "file", "file")
MORE_IGNORED = code("more_ignored", "file", "count")
MANIFEST_UNREADABLE = code("manifest_unreadable", "file", "file")
CHANGED_AFTER_PACKING = code("changed_after_packing", "file", "file", "manifest")
MORE_CHANGED = code("more_changed", "file", "count")

NOT_OPENED = code("not_opened", "file", "file", person=True)  # an archive in what was handed in
MORE_NOT_OPENED = code("more_not_opened", "file", "count", person=True)
OF_A_CLASS = code("of_a_class", "file")
NEWEST_INSIDE = code("newest_inside", "file", "name", "others")
VERSIONS_INSIDE = code("versions_inside", "file", "name", "others", person=True)

NEWEST_COUNTS = code("newest_counts", "file", "name", "count", "others")
NEWEST_CLAIMED = code("newest_claimed", "file", "name", "count", "others", person=True)
VERSIONS_DIFFER = code("versions_differ", "file", "name", "count", "others", person=True)
NEWER_UPLOADS = code("newer_uploads", "file", "others")
NOT_A_VERSION = code("not_a_version", "file", "files", person=True)
FROM_THE_FUTURE = code("from_the_future", "file", "file", person=True)
LIES_BESIDE = code("lies_beside", "file", "files")
SHARED_LOGIN = code("shared_login", "file", "login", person=True)
NOT_SIGNED = code("not_signed", "file", person=True)
NOT_SIGNED_EITHER = code("not_signed_either", "file", "files", person=True)
SIGNED_WRONGLY = code("signed_wrongly", "file", person=True)
SIGNED_BY_ANOTHER = code("signed_by_another", "file", "student", person=True)
CHANGED_AFTER_SIGNING = code("changed_after_signing", "file", person=True)
NOBODYS = code("nobodys", "private", "file", person=True)
GRADESCOPES_LIST = code("gradescopes_list", "private", "file", person=True)
OF_OTHER_LABS = code("of_other_labs", "private", "names")
LEFT_BY_TOOLS = code("left_by_tools", "private", "names")
NAMES_ALIKE = code("names_alike", "file", person=True)
NOT_PLACED = code("not_placed", "private", "file", person=True)
NOT_IN_ROSTER = code("not_in_roster", "private", person=True)
SEVERAL_IN_ROSTER = code("several_in_roster", "private", "students", person=True)
SEVERAL_ACCOUNTS = code("several_accounts", "private", "student", person=True)
HANDED_NOTHING_IN = code("handed_nothing_in", "private")
SUBMISSIONS_NO_FOLDER = code("submissions_no_folder", "private", "folder")
SUBMISSIONS_UNREADABLE = code("submissions_unreadable", "private", "folder", "reason")
NO_SUBMISSION = code("no_submission", "private", "folder")
NO_SUBMISSION_AMONG = code("no_submission_among", "private", "folder", "left")

# --- lab/report.py, notebooks/: the report that was handed in, and what came of running it ----------------------------

NOTEBOOK_BROKEN = code("notebook_broken", "file", "file", "message", person=True)
NOTEBOOK_FORMAT = code("notebook_format", "file", "file", "format", "wanted", person=True)
NOTEBOOK_TOO_LARGE = code("notebook_too_large", "file", "file", "parts", person=True)
ANSWER_CELLS_MISSING = code("answer_cells_missing", "file", "file", "cells", person=True)
ANSWER_CELLS_TWICE = code("answer_cells_twice", "file", "file", "cells", person=True)
ANSWER_CELLS_RETYPED = code("answer_cells_retyped", "file", "file", "cells", person=True)
LOCKED_CELLS_CHANGED = code("locked_cells_changed", "file", "file", "cells")
TWO_REPORTS = code("two_reports", "file", "file", "other")
CELL_ENDED = code("cell_ended", "limits", "file", "number", "why", person=True)  # it, and what came after it
CELL_OUTPUT_CUT = code("cell_output_cut", "limits", "file", "number", person=True)
CELL_RAISED = code("cell_raised", "exception", "file", "number", "why")
NOT_RUN = code("not_run", "private", "file", "why", person=True)  # for a fault of the grader's own
# --- renderers/: what the files of a platform cannot hold, and why ----------------------------------------------------

LEFT_OUT = code("left_out", "private", "student", "why", person=True)
IN_NO_ROW = code("in_no_row", "private")
IN_SEVERAL_ROWS = code("in_several_rows", "private", "students")
ONE_PERSONS = code("one_persons", "private", "students")  # several results are of one row
ID_READ_OTHERWISE = code("id_read_otherwise", "private", "id")
NO_ID_FOR = code("no_id_for", "private", "columns")
GRADER_FAILED_ON_IT = code("grader_failed_on_it", "private")
OUT_OF_ANOTHER_TOTAL = code("out_of_another_total", "private", "total", "usual")
ABOVE_MAXIMUM = code("above_maximum", "private", "score", "maximum")
GRADE_LOCKED = code("grade_locked", "private")
EXPORT_TOO_LARGE = code("export_too_large", "private", "bytes", "allowed")
MAXIMUM_DIFFERS = code("maximum_differs", "private", "maximum", "total", person=True)

# --- similarity/, defence/: what of a student's code cannot be compared, or asked about

MAY_BE_LEFT_OUT = code("may_be_left_out", "private", "why", person=True)
NO_FOLDER_FOR_CODE = code("no_folder_for_code", "private", "why", person=True)
NO_TASK_SOLVED = code("no_task_solved", "private")
NOTHING_TO_ASK = code("nothing_to_ask", "private")
OTHER_FILES_LIE_THERE = code("other_files_lie_there", "private", "folder", person=True)
NOT_HANDED_IN_THERE = code("not_handed_in_there", "private", "folder", person=True)
NOT_GRADED_YET = code("not_graded_yet", "private", person=True)

# --- gradebook/: what cannot go to nbgrader, or come back -------------------------------------------------------------

NOT_IN_GRADEBOOK = code("not_in_gradebook", "private", "why", person=True)
ID_NOT_FOR_NBGRADER = code("id_not_for_nbgrader", "private")
REPORT_NOT_OF_GRADE = code("report_not_of_grade", "private", "reason", person=True)
COMPUTED_POINTS_CHANGED = code("computed_points_changed", "private", "cell", "points", "graded", person=True)
NO_PART_OF_THIS_NAME = code("no_part_of_this_name", "private", "part", person=True)
PART_DOES_NOT_WAIT = code("part_does_not_wait", "private", "part", person=True)
COMMENT_WITHOUT_POINTS = code("comment_without_points", "private", "part", person=True)
POINTS_NOT_POSSIBLE = code("points_not_possible", "private", "part", "points", "possible", person=True)
MARK_REPLACED = code("mark_replaced", "private", "part", "points", "before", "by")

# --- run/answers.py: what came of a call ------------------------------------------------------------------------------

TODO = code("still_to_do", "limits")
WAITS_FOR = code("waits_for", "wait", "function")
RAISED = code("raised", "exception", "exception", "message")
RAISED_SILENTLY = code("raised_silently", "exception", "exception")
OUT_OF_TIME = code("out_of_time", "limits", "seconds")
CHANGED_IN_PLACE = code("changed_in_place", "purity")  # of what asks for a gradient: torch raises
INPUT_CHANGED = code("input_changed", "purity", "argument", "function")
GLOBAL_DICE = code("global_dice", "purity")

# --- lab/loading.py, lab/quiz.py: files that cannot be used -----------------------------------------------------------

FILE_MISSING = code("file_missing", "file", "file")
NOT_UTF8 = code("not_utf8", "file", "file", "line", "byte")
OTHER_ENCODING = code("other_encoding", "file", "file", "encoding")
UNKNOWN_ENCODING = code("unknown_encoding", "file", "file", "message")
HOLDS_NUL = code("holds_nul", "file", "file", "line")
SYNTAX_ERROR = code("syntax_error", "file", "file", "line", "message", "python")
SYNTAX_ERROR_SOMEWHERE = code("syntax_error_somewhere", "file", "file", "message", "python")
SYNTAX_NEWER = code("syntax_newer", "file", "file", "line", "python", "needed")
NEEDS_PYTHON = code("needs_python", "file", "file", "line", "needed")
NOT_PYTHON = code("not_python", "file", "file", "message")
NESTED_TOO_DEEP = code("nested_too_deep", "file", "file")
IMPORT_NOT_ALLOWED = code("import_not_allowed", "file", "file", "line", "module", "lab")
IMPORT_OF_A_LAB = code("import_of_a_lab", "file", "file", "line", "module")
IMPORT_FAILED = code("import_failed", "file", "file", "line", "reason")
IMPORT_FAILED_SOMEWHERE = code("import_failed_somewhere", "file", "file", "reason")
IMPORT_OUT_OF_TIME = code("import_out_of_time", "file", "file", "seconds")
IMPORT_UNUSED = code("import_unused", "file", "file", "line", "module", "lab")
HIDES_MODULE = code("hides_module", "file", "file", "module")
EXCEPTION = code("exception", "private", "exception", "message")  # the reason of an import that failed, or a limit
EXCEPTION_ALONE = code("exception_alone", "private", "exception")
FUNCTION_MISSING = code("function_missing", "file", "file", "function", "lab")
FILE_TOO_LARGE = code("file_too_large", "file", "file", "bytes")
NOT_JSON = code("not_json", "file", "file", "message")
ENTRY_MISSING = code("entry_missing", "file", "file", "entry", "lab")
ANSWERS_WANTED = code("answers_wanted", "file", "file")
CHOICES_WANTED = code("choices_wanted", "file", "file", "questions", "choices")
KEY_LACKS = code("key_lacks", "file", "file", "questions")
NOT_ANSWERED = code("not_answered", "value")

# --- grading/asking.py: what only the grader's side knows -------------------------------------------------------------

LIMIT_MEMORY = code("limit_memory", "limits", "megabytes")
LIMIT_DISK = code("limit_disk", "limits", "megabytes")
LIMIT_THREADS = code("limit_threads", "limits", "threads")
LIMIT_STACKS = code("limit_stacks", "limits", "threads", "megabytes")
LIMIT_PROCESSES = code("limit_processes", "limits", "processes")
LIMIT_OPEN_FILES = code("limit_open_files", "limits", "files")
LIMIT_OUTPUT = code("limit_output", "limits", "megabytes")
LIMIT_TERMINAL = code("limit_terminal", "limits")
LIMIT_NETWORK = code("limit_network", "limits")
NO_ANSWER = code("no_answer", "limits", "seconds")
SECONDS_USED = code("seconds_used", "limits", "seconds")
KILLED = code("killed", "limits", "times", person=True)
DIED = code("died", "death")
DIED_OF_SIGNAL = code("died_of_signal", "death", "number", "name")
SENT_NO_ANSWER = code("sent_no_answer", "death", "what")

# --- judging/judge.py, grading/: what is said of a whole check --------------------------------------------------------

IN_CASE = code("in_case", "private", "case", "finding")
COUNTS_ONCE = code("counts_once", "limits", "check", "title")  # of the check that this one needs
BY_HEART = code("by_heart", "limits")
NOT_ASKED = code("not_asked", "limits")
FILE_UNUSABLE = code("file_unusable", "file", "why", person=True)  # none of its tasks can earn anything
PROCESSES_DIED = code("processes_died", "private", "count", person=True)
RESULT_REPLACED = code("result_replaced", "private", person=True)
NOT_WRITTEN = code("not_written", "private", "path", "reason", person=True)
EARLIER_KEPT = code("earlier_kept", "private", person=True)
NO_FOLDER_OF_THIS_NAME = code("no_folder_of_this_name", "private", "why", person=True)
AND_MORE = code("and_more", "private", "count")
OF_CHECKS = code("of_checks", "private", "checks", "finding", person=True)
GRADED_BY_HAND = code("graded_by_hand", "limits")
NOTHING_WRITTEN = code("nothing_written", "limits")
GRADER_FAILED = code("grader_failed", "private", "message", person=True)
GRADER_TRACE = code("grader_trace", "private", "trace")  # beside it, for whoever mends the grader
OLD_SENTENCE = code("old_sentence", "private", "text")  # of a result in the form before findings

# --- grading/depends.py, plan.py, results/: why a result does not hold, and what lies beside it -----------------------

CHANGED = code("changed", "private", "name")
OTHER_VERSION = code("other_version", "private", "name", "before", "now")
OF_UNKNOWN_CODE = code("of_unknown_code", "private")  # a result in the form before findings
OF_ANOTHER_SEED = code("of_another_seed", "private")
OF_FAILED_GRADER = code("of_failed_grader", "private")
OF_KILLED_PROCESSES = code("of_killed_processes", "private")
OF_NO_SANDBOX = code("of_no_sandbox", "private")
OF_MILESTONES_UNPLAYED = code("of_milestones_unplayed", "private")
RUN_STOPPED = code("run_stopped", "private", "lab", person=True)
MARKS_UNREADABLE = code("marks_unreadable", "private", "path", "reason", person=True)

# --- policy/, results/overrides.py: why points are not those that were earned -----------------------------------------

LATE = code("late", "private", "days", "covered", "percent")
AFTER_CUT_OFF = code("after_cut_off", "private")
NO_HAND_IN_TIME = code("no_hand_in_time", "private", person=True)
HELD = code("held_back", "private", "reason", person=True)
OVERRIDDEN = code("overridden", "private", "points", "reason")
TASK_OVERRIDDEN = code("task_overridden", "private", "task", "points", "reason")
NOT_SHOWN = code("not_shown", "private", "student", "why", person=True)
REQUEST_UNREADABLE = code("request_unreadable", "private", "path", "reason", person=True)
NAMED_IN_COURSE = code("named_in_course", "private", "students", "course", person=True)  # and without a result
OVERRIDES_OF_NOBODY = code("overrides_of_nobody", "private", "files", person=True)
SHARED_BY_GROUP = code("shared_by_group", "file", "members", "by")

# --- grading/milestones.py --------------------------------------------------------------------------------------------

NOT_PLAYED = code("not_played", "limits")
NOT_HANDED_IN = code("not_handed_in", "limits", "file")
ARTEFACTS_TOO_LARGE = code("artefacts_too_large", "limits", "files", "bytes", "allowed")
ARTEFACTS_UNUSABLE = code("artefacts_unusable", "file", "files", "message")
NO_FIGURE = code("no_figure", "limits", "files")
REACHED = code("reached", "limits", "reached", "target", "half")
WAITS_FOR_TASKS = code("waits_for_tasks", "limits", "finding", "tasks", person=True)
JUDGING_OUT_OF_TIME = code("judging_out_of_time", "limits", "files", "seconds")
JUDGING_OUT_OF_MEMORY = code("judging_out_of_memory", "limits", "files", "megabytes")
JUDGING_DIED = code("judging_died", "death", "files", "why")
JUDGING_RAISED = code("judging_raised", "exception", "files", "why", person=True)  # it may be evaluate.py's own fault

# What a student may see of a finding in a hidden case, by its kind: no values. `limits` are shown whole, `private` not.
HIDDEN: dict[Kind, Code] = {
    "file": code("hidden_file", "limits"),
    "wait": code("hidden_wait", "limits"),
    "death": code("hidden_death", "limits"),
    "exception": code("hidden_exception", "limits"),
    "type": code("hidden_type", "limits"),
    "shape": code("hidden_shape", "limits"),
    "dtype": code("hidden_dtype", "limits"),
    "nan": code("hidden_nan", "limits"),
    "value": code("hidden_value", "limits"),
    "gradient": code("hidden_gradient", "limits"),
    "flag": code("hidden_flag", "limits"),
    "purity": code("hidden_purity", "limits"),
}


def as_hidden(finding: Finding) -> Finding | None:
    """What a student may see of a finding in a hidden case; None for nothing."""
    kind = kind_of(finding)
    if kind == "limits":
        return finding
    return HIDDEN[kind]() if kind in HIDDEN else None


def some_of(items: Sequence[Item], most: int, last: bool = False) -> list[Item | Finding]:
    """The first of these (or the last), and how many more there are."""
    left = len(items) - most
    shown = items[-most:] if last else items[:most]
    return [*shown, AND_MORE(count=left)] if left > 0 else [*items]


# What grading finds of the files themselves, and not who takes them.
FOUND_BY_GRADING = (
    *(FILE_UNUSABLE, NOTEBOOK_BROKEN, NOTEBOOK_FORMAT, NOTEBOOK_TOO_LARGE, ANSWER_CELLS_MISSING, ANSWER_CELLS_TWICE),
    *(ANSWER_CELLS_RETYPED, LOCKED_CELLS_CHANGED, TWO_REPORTS, CELL_ENDED, CELL_OUTPUT_CUT, CELL_RAISED, NOT_RUN),
)

# --- cluster/: why no worker grades, and what is wrong with one -------------------------------------------------------

WORKER_UNFIT = code("worker_unfit", "private", "worker", "why")  # for one of these reasons, or a fault:
WORKER_DIFFERS = code("worker_differs", "private", "what")
NO_SANDBOX_THERE = code("no_sandbox_there", "private", "reasons")
WORKER_CLOCK = code("worker_clock", "private", "seconds")
FOLDER_NOT_SHARED = code("folder_not_shared", "private", "folder", "reason")
NO_WORKER_LEFT = code("no_worker_left", "private", "seconds")
UNFIT_WORKERS_LEFT = code("unfit_workers_left", "private", "seconds", "workers")
SCHEDULER_LOST = code("scheduler_lost", "private", "address")
