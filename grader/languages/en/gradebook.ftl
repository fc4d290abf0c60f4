# What is said of nbgrader's gradebook: points that go there, marks that come back.

no_nbgrader = nbgrader is not installed here: make formgrader installs it (python3 requirements/install.py --nbgrader), except in the container images
gradebook_unusable = nbgrader's gradebook cannot be used: { $reason }
gradebook_of_other_cells = the gradebook has cells of { $lab } that the lab does not have any more: { $cells }. Their points would count: name another folder or database
no_gradebook = there is no gradebook in { $folder }: make gradebook writes it
server_ended = formgrader ended by itself: { $reason }
server_does_not_start = formgrader does not start: { $reason }

not_in_gradebook = not in the gradebook: { $why }
id_not_for_nbgrader = nbgrader takes no such id. Use letters, digits, spaces and . _ @ + , ( ) ' -
report_not_of_grade = the report.ipynb beside the result is not as make grade writes it ({ $reason }). It was made again from the hand-in, without what its cells show
computed_points_changed = { $cell } has { $points } points by hand, and grading gave { $graded }. Such points are not taken over: clear the field in formgrader
no_part_of_this_name = the lab has no part { $part }: its points are not taken over
part_does_not_wait = { $part } does not wait for a person: its points are not taken over
comment_without_points = { $part } has a comment and no points yet: it is taken over with the points
points_not_possible = { $part } has { $points } points, and is worth 0 to { $possible }: they are not taken over
mark_replaced = { $part } has { $points } points now; the { $before } that { $by } gave in the meantime do not count any more

students_in_gradebook = { $lab }: { $count ->
    [one] one student is
   *[other] { $count } students are
} in the gradebook; the course folder is { $folder }
marks_taken = { $lab }: { $count ->
    [0] no new marks in the gradebook
    [one] one mark was taken from the gradebook
   *[other] { $count } marks were taken from the gradebook
}
of_whom = { $student }: { $what }
formgrader_serves = formgrader: { $address }
formgrader_ends = Ctrl-C ends it, and takes the marks over.
