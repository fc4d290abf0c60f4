# Questions about a student's own code (grader/defence). `code` is the part of the line that is asked about.

questions_on = Questions on { $lab }
questions_are = Two for each student, about code of theirs that earned full points, for an instructor who wants to ask. They were drawn with seed { $seed }. An answer shows what somebody can explain. It changes no points, and proves nothing by itself.
question_place = { $task } in { $file }, line { $line }

ask_detach = What would change in the gradients if { $code } were { $other }? What would training do then, and would the value of the result change?
ask_no_grad = What is computed under { $code }, and what would change in the result or in training without it?
ask_axis = Which shape goes into { $code }, and which comes out? What would another dimension than { $axis } give?
ask_sign = What would change in the result if { $code } were { $other }? In which direction would training go then?
ask_mean = What would change in the result if the { $name } in { $code } were a { $other }? When would the two train alike?
ask_slice = Which elements are { $code }, in which order, and which are not among them? Give an input for which that matters.
ask_mask = Which elements count in { $code }, and which do not? What would the result be if all of them counted?
ask_bound = For which inputs does { $code } change something? What would go wrong for them without it?
ask_exponential = What does { $code } give for very large and for very small inputs? Why is it { $name } here?
ask_direction = In which order does { $code } run? What would the result be in the other order?
ask_condition = Give an input for which { $code } holds, and one for which it does not. What comes out each time?
ask_number = What is { $code } for? What would change in the result if it were ten times as large?
ask_call = What does { $code } give here: of which type or shape is it, and what does it mean? How would you compute it without this function?
ask_line = What would change in the result if this line were missing? What does each name in it stand for?

## why a student has no questions

no_task_solved = No task in Python has full points, so there is nothing to ask about.
nothing_to_ask = Nothing in the code of the solved tasks can be asked about: it is the skeleton's, or it cannot be read as Python.
other_files_lie_there = other files lie in { $folder } than were graded. Grade again, then ask
not_handed_in_there = there is no submission of theirs in { $folder }
not_graded_yet = there is no result of theirs. Grade first, then ask
questions_written = { $count ->
    [one] Questions for one student are
   *[other] Questions for { $count } students are
} in { $path }
without_questions = Without questions:
